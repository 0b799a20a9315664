import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS } from '@millrace/protocol';
import type { Problem, ProblemCode } from '@millrace/protocol';
import type { Caller } from '../support/caller.ts';
import { DocumentedProblems } from '../support/documented-problems.ts';
import { hs256, soon, unsigned } from '../support/json-web-token.ts';
import { RawConnection } from '../support/raw-request.ts';
import type { RawRequest } from '../support/raw-request.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const UNKNOWN = '01890000-0000-7000-8000-000000000000';
const UNKNOWN_GENERATION = '0000000000000000';
const SECRET = 'a secret that is long enough for HS256';
const MAX_CHARS = 500;

/** A chat with a finished reply. */
interface Talk {
  chatId: string;
  questionId: string;
  answerId: string;
  generationId: string;
  lastSequence: number;
}

interface World {
  server: TestServer;
  documented: DocumentedProblems;
  caller: Caller;
  mine: Talk;
  another: Talk;
  theirs: Talk;
  deleted: Talk;
}

async function talk(caller: Caller): Promise<Talk> {
  const { meta, last } = await caller.ask('Hello');
  return {
    chatId: meta.chatId,
    questionId: meta.userMessage?.id ?? '',
    answerId: meta.assistantMessage.id,
    generationId: meta.generationId,
    lastSequence: last.sequence,
  };
}

async function makeWorld(environment: Record<string, string> = {}): Promise<World> {
  const server = await startTestServer({ MAX_MESSAGE_CHARS: String(MAX_CHARS), ...environment });
  const caller = await server.user();
  const [mine, another, deleted] = [await talk(caller), await talk(caller), await talk(caller)];
  const theirs = await talk(await server.user());
  await caller.send('DELETE', `/api/chats/${deleted.chatId}`);
  server.simulator.reset();
  const documented = await DocumentedProblems.of(server.url);
  return { server, documented, caller, mine, another, theirs, deleted };
}

/** How zod and better-auth begin their messages. */
const LIBRARY_WORDS = /Invalid (input|option|UUID|ISO|email)|Too (small|big)|Unrecognized key|\[body/;

interface BadRequest {
  name: string;
  path(world: World): string;
  request?(world: World): RawRequest;
  code: ProblemCode;
  /** The path of the invalid field in `errors`. */
  field?: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };

const post =
  (body: unknown, headers: Record<string, string> = {}) =>
  (): RawRequest => ({
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const authorized =
  (authorization: string, body: unknown = { content: 'Hi' }) =>
  (): RawRequest =>
    post(body, { authorization })();

const messages = ({ mine }: World) => `/api/chats/${mine.chatId}/messages`;
const stopOf = (id: string) => `/api/generations/${id}/stop`;
const eventsOf = (id: string) => `/api/generations/${id}/events`;

const ENDPOINTS_OF_A_CHAT: [string, (chatId: string) => string, RawRequest][] = [
  ['reading', (id) => `/api/chats/${id}`, {}],
  ['renaming', (id) => `/api/chats/${id}`, { ...post({ title: 'x' })(), method: 'PATCH' }],
  ['deleting', (id) => `/api/chats/${id}`, { method: 'DELETE' }],
  ['listing the messages of', (id) => `/api/chats/${id}/messages`, {}],
  ['writing into', (id) => `/api/chats/${id}/messages`, post({ content: 'Hi' })()],
];

const CHATS: [string, (world: World) => string][] = [
  ['an unknown chat', () => UNKNOWN],
  ['another user’s chat', ({ theirs }) => theirs.chatId],
  ['a deleted chat', ({ deleted }) => deleted.chatId],
];

const GENERATIONS: [string, (world: World) => string][] = [
  ['an unknown reply', () => UNKNOWN_GENERATION],
  ['another user’s reply', ({ theirs }) => theirs.generationId],
  ['a reply in a deleted chat', ({ deleted }) => deleted.generationId],
];

const BODIES: BadRequest[] = [
  { name: 'no body', path: messages, request: () => ({ method: 'POST' }), code: 'unsupported_media_type' },
  { name: 'an empty body', path: messages, request: post(''), code: 'invalid_request' },
  { name: 'broken JSON', path: messages, request: post('{"content": "Hi"'), code: 'invalid_request' },
  { name: 'a body of null', path: messages, request: post('null'), code: 'invalid_request' },
  { name: 'a list as the body', path: messages, request: post('["Hi"]'), code: 'invalid_request' },
  { name: 'a string as the body', path: messages, request: post('"Hi"'), code: 'invalid_request' },
  {
    name: 'a body that is not UTF-8',
    path: messages,
    request: () => ({ method: 'POST', headers: JSON_TYPE, body: Buffer.from([0x22, 0xff, 0xfe]) }),
    code: 'invalid_request',
  },
  { name: 'no content', path: messages, request: post({}), code: 'invalid_request', field: 'content' },
  {
    name: 'a number as content',
    path: messages,
    request: post({ content: 5 }),
    code: 'invalid_request',
    field: 'content',
  },
  {
    name: 'empty content',
    path: messages,
    request: post({ content: '' }),
    code: 'invalid_request',
    field: 'content',
  },
  {
    name: 'blank content',
    path: messages,
    request: post({ content: ' \n\t\u3000\ufeff ' }),
    code: 'invalid_request',
    field: 'content',
  },
  {
    name: 'content over the limit',
    path: messages,
    request: post({ content: 'x'.repeat(MAX_CHARS + 1) }),
    code: 'invalid_request',
    field: 'content',
  },
  {
    name: 'content over the limit in UTF-16 units, though not in characters',
    path: messages,
    request: post({ content: '😀'.repeat(MAX_CHARS / 2 + 1) }),
    code: 'invalid_request',
    field: 'content',
  },
  {
    name: 'a field too many',
    path: messages,
    request: post({ content: 'Hi', role: 'system' }),
    code: 'invalid_request',
  },
  {
    name: 'a parentId that is no UUID',
    path: messages,
    request: post({ content: 'Hi', parentId: 'x' }),
    code: 'invalid_request',
    field: 'parentId',
  },
  {
    name: 'an unknown parentId',
    path: messages,
    request: post({ content: 'Hi', parentId: UNKNOWN }),
    code: 'not_found',
  },
  {
    name: 'a parentId in another chat',
    path: messages,
    request: ({ another }) => post({ content: 'Hi', parentId: another.answerId })(),
    code: 'not_found',
  },
  {
    name: 'a parentId in another user’s chat',
    path: messages,
    request: ({ theirs }) => post({ content: 'Hi', parentId: theirs.answerId })(),
    code: 'not_found',
  },
  {
    name: 'a user message as parentId',
    path: messages,
    request: ({ mine }) => post({ content: 'Hi', parentId: mine.questionId })(),
    code: 'invalid_request',
    field: 'parentId',
  },
  {
    name: 'an unknown model',
    path: messages,
    request: post({ content: 'Hi', model: 'gemini-0' }),
    code: 'invalid_request',
    field: 'model',
  },
  {
    name: 'a model name with a path in it',
    path: messages,
    request: post({ content: 'Hi', model: '../../x?y' }),
    code: 'invalid_request',
    field: 'model',
  },
  {
    name: 'a text body',
    path: messages,
    request: post('{"content": "Hi"}', { 'content-type': 'text/plain' }),
    code: 'unsupported_media_type',
  },
  ...['gzip', 'br', 'gzip, identity'].map((coding) => ({
    name: `a body in ${coding}`,
    path: messages,
    request: post({ content: 'Hi' }, { 'content-encoding': coding }),
    code: 'unsupported_media_type' as const,
  })),
  ...['latin1', '"UTF-16"', 'utf-7'].map((charset) => ({
    name: `a body in ${charset}`,
    path: messages,
    request: post({ content: 'Hi' }, { 'content-type': `application/json; charset=${charset}` }),
    code: 'unsupported_media_type' as const,
  })),
  {
    name: 'a compressed file',
    path: () => '/api/attachments?name=a.txt',
    request: post('Text', { 'content-encoding': 'gzip' }),
    code: 'unsupported_media_type',
  },
  {
    name: 'a title of control characters alone',
    path: () => '/api/chats',
    request: post({ title: '\0\u0007 \n' }),
    code: 'invalid_request',
    field: 'title',
  },
  {
    name: 'a form',
    path: messages,
    request: post('content=Hi', { 'content-type': 'application/x-www-form-urlencoded' }),
    code: 'unsupported_media_type',
  },
  {
    name: 'a body of 10 MB',
    path: messages,
    request: post({ content: 'x'.repeat(10_000_000) }),
    code: 'too_large',
  },
  {
    name: 'a chunked body of 2 MB',
    path: messages,
    request: post({ content: 'x'.repeat(2_000_000) }, { 'transfer-encoding': 'chunked' }),
    code: 'too_large',
  },
  {
    name: 'a body nested 100,000 levels deep',
    path: messages,
    request: post(`{"content":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    code: 'invalid_request',
  },
  {
    name: '80,000 unknown fields',
    path: messages,
    request: post({
      content: 'Hi',
      ...Object.fromEntries(Array.from({ length: 80_000 }, (_, index) => [`f${index}`, 0])),
    }),
    code: 'invalid_request',
  },
  { name: 'an empty title', path: () => '/api/chats', request: post({ title: '' }), code: 'invalid_request' },
  {
    name: 'a title of 201 characters',
    path: () => '/api/chats',
    request: post({ title: 'x'.repeat(201) }),
    code: 'invalid_request',
    field: 'title',
  },
  {
    name: 'a change of nothing',
    path: ({ mine }) => `/api/chats/${mine.chatId}`,
    request: () => ({ ...post({})(), method: 'PATCH' }),
    code: 'invalid_request',
  },
  {
    name: 'a change of what is not to be changed',
    path: ({ mine }) => `/api/chats/${mine.chatId}`,
    request: () => ({ ...post({ ownerId: UNKNOWN })(), method: 'PATCH' }),
    code: 'invalid_request',
  },
  {
    name: 'regenerating a question',
    path: ({ mine }) => `/api/messages/${mine.questionId}/regenerate`,
    request: post({}),
    code: 'invalid_request',
  },
];

const TARGETS: BadRequest[] = [
  ...CHATS.flatMap(([whose, idOf]) =>
    ENDPOINTS_OF_A_CHAT.map(([what, pathOf, request]) => ({
      name: `${what} ${whose}`,
      path: (world: World) => pathOf(idOf(world)),
      request: () => request,
      code: 'not_found' as const,
    })),
  ),
  ...ENDPOINTS_OF_A_CHAT.map(([what, pathOf, request]) => ({
    name: `${what} a chat whose id is no UUID`,
    path: () => pathOf('42'),
    request: () => request,
    code: 'invalid_request' as const,
  })),
  ...GENERATIONS.flatMap(([whose, idOf]) => [
    {
      name: `reading ${whose}`,
      path: (world: World) => `/api/generations/${idOf(world)}`,
      code: 'not_found' as const,
    },
    { name: `following ${whose}`, path: (world: World) => eventsOf(idOf(world)), code: 'not_found' as const },
    {
      name: `stopping ${whose}`,
      path: (world: World) => stopOf(idOf(world)),
      request: () => ({ method: 'POST' }),
      code: 'not_found' as const,
    },
  ]),
  {
    name: 'a reply whose id is none',
    path: () => '/api/generations/x-1',
    code: 'invalid_request',
    field: 'generationId',
  },
  {
    name: 'regenerating an unknown message',
    path: () => `/api/messages/${UNKNOWN}/regenerate`,
    request: () => ({ method: 'POST' }),
    code: 'not_found',
  },
  {
    name: 'regenerating another user’s message',
    path: ({ theirs }) => `/api/messages/${theirs.answerId}/regenerate`,
    request: () => ({ method: 'POST' }),
    code: 'not_found',
  },
  {
    name: 'regenerating a message of a deleted chat',
    path: ({ deleted }) => `/api/messages/${deleted.answerId}/regenerate`,
    request: () => ({ method: 'POST' }),
    code: 'not_found',
  },
  { name: 'an unknown path', path: () => '/api/nothing', code: 'not_found' },
  { name: 'an unknown path outside the API', path: () => '/nothing', code: 'not_found' },
  {
    name: 'PUT on a chat',
    path: ({ mine }) => `/api/chats/${mine.chatId}`,
    request: () => ({ method: 'PUT' }),
    code: 'method_not_allowed',
  },
  {
    name: 'DELETE on the list of chats',
    path: () => '/api/chats',
    request: () => ({ method: 'DELETE' }),
    code: 'method_not_allowed',
  },
  {
    name: 'GET on a stop',
    path: ({ mine }) => stopOf(mine.generationId),
    code: 'method_not_allowed',
  },
  ...['0', '-1', '201', '1.5', 'x', ''].map((limit) => ({
    name: `a limit of "${limit}" chats`,
    path: () => `/api/chats?limit=${limit}`,
    code: 'invalid_request' as const,
    field: 'limit',
  })),
  {
    name: 'a limit of 1001 messages',
    path: (world) => `${messages(world)}?limit=1001`,
    code: 'invalid_request',
    field: 'limit',
  },
  { name: 'a foreign cursor of chats', path: () => '/api/chats?cursor=x', code: 'invalid_request' },
  {
    name: 'a cursor of chats with SQL in it',
    path: () => `/api/chats?cursor=${encodeURIComponent("1.1.' or 1=1 --")}`,
    code: 'invalid_request',
  },
  {
    name: 'a foreign cursor of messages',
    path: (world) => `${messages(world)}?cursor=x`,
    code: 'invalid_request',
    field: 'cursor',
  },
  {
    name: 'an unknown UUID as a cursor of messages',
    path: (world) => `${messages(world)}?cursor=${UNKNOWN}`,
    code: 'invalid_request',
  },
  {
    name: 'a message of another chat as a cursor',
    path: (world) => `${messages(world)}?cursor=${world.another.answerId}`,
    code: 'invalid_request',
  },
  ...(
    [
      ['limit', 'limit=2&limit=3'],
      ['limit', 'limit=2&archived=true&limit=2'],
      ['archived', 'archived=true&archived'],
    ] as const
  ).map(([field, query]) => ({
    name: `a query of ${query}`,
    path: () => `/api/chats?${query}`,
    code: 'invalid_request' as const,
    field,
  })),
  {
    name: 'two messages of an EventSource',
    path: () => '/chat/stream?message=One&message=Two',
    code: 'invalid_request',
    field: 'message',
  },
  {
    name: 'an archived that is neither true nor false',
    path: () => '/api/chats?archived=perhaps',
    code: 'invalid_request',
    field: 'archived',
  },
  ...['x', '-1', '1.5', '1e99'].map((after) => ({
    name: `events after "${after}"`,
    path: ({ mine }: World) => `${eventsOf(mine.generationId)}?after=${after}`,
    code: 'invalid_request' as const,
    field: 'after',
  })),
];

const malformedIds = ['x', ':1', '5', `${UNKNOWN_GENERATION}:-1`, `${UNKNOWN_GENERATION}:x`, 'a b c'];

const EVENT_IDS: BadRequest[] = [
  ...malformedIds.flatMap((id): BadRequest[] => [
    {
      name: `a POST with the Last-Event-ID "${id}"`,
      path: messages,
      request: post({ content: 'Hi' }, { 'last-event-id': id }),
      code: 'invalid_event_id',
    },
    {
      name: `a GET with the Last-Event-ID "${id}"`,
      path: ({ mine }) => eventsOf(mine.generationId),
      request: () => ({ headers: { 'last-event-id': id } }),
      code: 'invalid_event_id',
    },
  ]),
  {
    name: 'a POST with a Last-Event-ID of another chat',
    path: messages,
    request: ({ another }) => post({ content: 'Hi' }, { 'last-event-id': `${another.generationId}:1` })(),
    code: 'invalid_event_id',
  },
  {
    name: 'a POST with a Last-Event-ID of an unknown reply',
    path: messages,
    request: post({ content: 'Hi' }, { 'last-event-id': `${UNKNOWN_GENERATION}:1` }),
    code: 'invalid_event_id',
  },
  {
    name: 'a POST with a Last-Event-ID of another user’s reply',
    path: messages,
    request: ({ theirs }) => post({ content: 'Hi' }, { 'last-event-id': `${theirs.generationId}:1` })(),
    code: 'invalid_event_id',
  },
  {
    name: 'a regenerate with a Last-Event-ID of another chat',
    path: ({ mine }) => `/api/messages/${mine.answerId}/regenerate`,
    request: ({ another }) => post({}, { 'last-event-id': `${another.generationId}:1` })(),
    code: 'invalid_event_id',
  },
  {
    name: 'a GET with a Last-Event-ID of another reply',
    path: ({ mine }) => eventsOf(mine.generationId),
    request: ({ another }) => ({ headers: { 'last-event-id': `${another.generationId}:1` } }),
    code: 'invalid_event_id',
  },
  {
    name: 'a GET with a Last-Event-ID ahead of the log',
    path: ({ mine }) => eventsOf(mine.generationId),
    request: ({ mine }) => ({
      headers: { 'last-event-id': `${mine.generationId}:${mine.lastSequence + 1}` },
    }),
    code: 'cursor_ahead',
  },
  {
    name: 'an ?after= ahead of the log',
    path: ({ mine }) => `${eventsOf(mine.generationId)}?after=999999`,
    code: 'cursor_ahead',
  },
  {
    name: 'a POST with a Last-Event-ID ahead of the log',
    path: messages,
    request: ({ mine }) => post({ content: 'Hi' }, { 'last-event-id': `${mine.generationId}:999999` })(),
    code: 'cursor_ahead',
  },
];

const CALLERS: BadRequest[] = [
  ...['/api/chats', '/api/session-options', '/api/shares/unknown'].map((path) => ({
    name: `a foreign Host at ${path}`,
    path: () => path,
    request: () => ({ headers: { host: 'evil.example' } }),
    code: 'forbidden' as const,
  })),
  {
    name: 'no token',
    path: messages,
    request: authorized(''),
    code: 'unauthenticated',
  },
  { name: 'a bad token', path: messages, request: authorized('Bearer nonsense'), code: 'unauthenticated' },
  { name: 'a token of spaces', path: messages, request: authorized('Bearer   '), code: 'unauthenticated' },
  {
    name: 'a token with a wrong signature',
    path: messages,
    request: ({ caller }) => authorized(`Bearer ${caller.token.split('.')[0]}.bm8=`)(),
    code: 'unauthenticated',
  },
  {
    name: 'the right token in a wrong scheme',
    path: messages,
    request: ({ caller }) => authorized(`Token ${caller.token}`)(),
    code: 'unauthenticated',
  },
  {
    name: 'Basic authentication',
    path: messages,
    request: authorized('Basic YTpi'),
    code: 'unauthenticated',
  },
  {
    name: 'a cookie that means nothing',
    path: messages,
    request: post({ content: 'Hi' }, { authorization: '', cookie: 'millrace.session_token=x.y' }),
    code: 'unauthenticated',
  },
];

const CLAIMS = { sub: 'ada', iss: 'https://app.example', exp: 4_102_444_800 };

const TOKENS: [string, () => string][] = [
  ['with alg none', () => unsigned(CLAIMS)],
  ['with alg none and a signature', () => `${unsigned(CLAIMS)}AAAA`],
  ['without exp', () => hs256({ sub: 'ada' }, SECRET)],
  ['without sub', () => hs256({ exp: soon() }, SECRET)],
  ['with an empty sub', () => hs256({ ...CLAIMS, sub: '' }, SECRET)],
  ['with a number as sub', () => hs256({ ...CLAIMS, sub: 5 }, SECRET)],
  ['that has expired', () => hs256({ ...CLAIMS, exp: soon() - 7200 }, SECRET)],
  ['that is not valid yet', () => hs256({ ...CLAIMS, nbf: soon() }, SECRET)],
  ['with a wrong secret', () => hs256(CLAIMS, `${SECRET}!`)],
  ['that says HS512 but is HS256', () => hs256(CLAIMS, SECRET, { alg: 'HS512' })],
  ['whose header is nonsense', () => `x.${hs256(CLAIMS, SECRET).split('.').slice(1).join('.')}`],
  ['without a signature', () => hs256(CLAIMS, SECRET).replace(/[^.]*$/, '')],
  [
    'whose claims were changed',
    () => {
      const [header, , signature] = hs256(CLAIMS, SECRET).split('.');
      return `${header}.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'eve' })).toString('base64url')}.${signature}`;
    },
  ],
];

const JWTS: BadRequest[] = TOKENS.map(([what, token]) => ({
  name: `a JWT ${what}`,
  path: messages,
  request: () => authorized(`Bearer ${token()}`)(),
  code: 'unauthenticated',
}));

/** Sends the request. Expects the problem, a server that still works, no request to the model and no tokens charged. */
async function expectProblem(world: World, bad: BadRequest): Promise<void> {
  const { server, caller } = world;
  const authorization = `Bearer ${caller.token}`;
  server.simulator.reset();
  const before = await caller.me();
  const connection = new RawConnection(server.url);
  const { headers = {}, ...request } = bad.request?.(world) ?? {};
  const sent: Record<string, string> = { authorization, ...headers };
  if (sent['authorization'] === '') delete sent['authorization'];
  const answer = await connection.send(bad.path(world), { ...request, headers: sent });

  const { status, title } = PROBLEMS[bad.code];
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(answer.body) as Problem;
  expect(problem).toMatchObject({
    type: `urn:millrace:problem:${bad.code}`,
    title,
    status,
    code: bad.code,
    requestId: answer.headers['x-request-id'],
  });
  expect(problem.detail.length).toBeGreaterThan(10);
  const documentedCodes = world.documented.codesOf(request.method ?? 'GET', bad.path(world), status);
  // A request that no route takes has no documented problems.
  expect(documentedCodes ?? [bad.code]).toContain(bad.code);
  expect(answer.body.length).toBeLessThan(64 * 1024);
  if (bad.code === 'invalid_request') expect(problem.errors).not.toEqual([]);
  expect(problem.errors === undefined).toBe(bad.code !== 'invalid_request');
  expect(answer.body).not.toMatch(LIBRARY_WORDS);
  const fields = bad.field === undefined ? [] : [bad.field];
  expect((problem.errors ?? []).map(({ path }) => path)).toEqual(expect.arrayContaining(fields));

  const next = await connection.send('/api/me', { headers: { authorization } });
  expect(next.status).toBe(200);
  expect(JSON.parse(next.body)).toEqual(before);
  expect(server.simulator.log()).toEqual([]);
  connection.close();
}

describe('a bad request is refused with its problem, calls no model and costs nothing', () => {
  let world: World;
  beforeAll(async () => void (world = await makeWorld()));
  afterAll(() => world.server.close());

  test.each(BODIES)('$name: $code', (bad) => expectProblem(world, bad));
  test.each(TARGETS)('$name: $code', (bad) => expectProblem(world, bad));
  test.each(EVENT_IDS)('$name: $code', (bad) => expectProblem(world, bad));
  test.each(CALLERS)('$name: $code', (bad) => expectProblem(world, bad));

  test.each(JWTS)('without JWT settings, $name: $code', (bad) => expectProblem(world, bad));
  test('without JWT settings, a valid JWT: unauthenticated', () =>
    expectProblem(world, {
      name: '',
      path: messages,
      request: authorized(`Bearer ${hs256(CLAIMS, SECRET)}`),
      code: 'unauthenticated',
    }));

  test('none of these requests has created a message or a chat', async () => {
    const { caller, mine, another, theirs } = world;
    expect(await caller.messages(mine.chatId)).toHaveLength(2);
    expect(await caller.messages(another.chatId)).toHaveLength(2);
    const list = await caller.json<{ items: { id: string }[] }>('GET', '/api/chats?limit=200');
    const ids = list.items.map(({ id }) => id);
    expect(ids.toSorted()).toEqual([mine.chatId, another.chatId].toSorted());
    expect(ids).not.toContain(theirs.chatId);
  });

  test('a request of exactly the maximum length is accepted', async () => {
    const longest = 'x'.repeat(MAX_CHARS);
    expect((await world.caller.ask(longest)).text).toBe(longest);
    world.server.simulator.reset();
  });

  test('a body in UTF-8 that says so is accepted, and an unknown parameter may be repeated', async () => {
    const { caller } = world;
    for (const charset of ['utf-8', '"UTF-8"', 'utf8']) {
      const headers = {
        'content-type': `application/json; charset=${charset}`,
        'content-encoding': 'identity',
      };
      const { id } = (await (await caller.send('POST', '/api/chats', {}, headers)).json()) as { id: string };
      expect((await caller.send('DELETE', `/api/chats/${id}`)).status).toBe(204);
    }
    expect((await caller.send('GET', '/api/chats?other=1&other=2')).status).toBe(200);
  });

  test('a 405 names the allowed method', async () => {
    const response = await world.caller.send('PUT', `/api/chats/${world.mine.chatId}`);
    expect(response.headers.get('allow')).toBe('GET, PATCH, DELETE');
  });

  test.each(['/health', '/ready', '/metrics'])('%s accepts only GET', async (path) => {
    const response = await fetch(world.server.url + path, { method: 'POST' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET');
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  test('a 401 names the required scheme, also at sign-in', async () => {
    const response = await fetch(`${world.server.url}/api/me`);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    const signIn = await fetch(`${world.server.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ email: 'nobody@example.org', password: 'wrong horse' }),
    });
    expect(signIn.status).toBe(401);
    expect(signIn.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('an id in capitals is the same id, in a path and in a body', async () => {
    const { caller } = world;
    const { meta } = await caller.ask('Hello');
    const response = await caller.send('POST', `/api/chats/${meta.chatId.toUpperCase()}/messages`, {
      content: 'And now?',
      parentId: meta.assistantMessage.id.toUpperCase(),
    });
    expect({ status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
    await caller.send('DELETE', `/api/chats/${meta.chatId}`);
    world.server.simulator.reset();
  });
});

describe('with JWT settings', () => {
  let world: World;
  beforeAll(async () => void (world = await makeWorld({ JWT_SECRET: SECRET })));
  afterAll(() => world.server.close());

  test.each(JWTS)('$name: $code', (bad) => expectProblem(world, bad));

  test('the same JWT without the fault is accepted', async () => {
    const authorization = `Bearer ${hs256(CLAIMS, SECRET)}`;
    const response = await fetch(`${world.server.url}/api/me`, { headers: { authorization } });
    expect(response.status).toBe(200);
  });

  test('an invalid JWT is refused even with a valid cookie', async () => {
    const connection = new RawConnection(world.server.url);
    const email = 'bob@example.org';
    const signedUp = await connection.send('/api/auth/sign-up/email', {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ name: 'Bob', email, password: 'correct horse' }),
    });
    const cookie = (signedUp.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ');
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(200);
    const authorization = `Bearer ${unsigned(CLAIMS)}`;
    expect((await connection.send('/api/me', { headers: { cookie, authorization } })).status).toBe(401);
    connection.close();
  });
});
