import { connect } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { hs256, soon } from '../support/json-web-token.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

/** A word that must not be in any log, wherever it was sent. */
const SECRET_WORD = 'Rumpelstilzchen';
const JWT_SECRET = 'a secret that is long enough for HS256';

let server: TestServer;
let caller: Caller;
beforeAll(async () => {
  server = await startTestServer({ GEMINI_API_KEY: 'key-of-the-house', JWT_SECRET });
  caller = await server.guest();
});
afterAll(() => server.close());

/** The log lines that contain a text, including errors with their causes and stacks. */
const linesWith = (text: string) =>
  server.logged
    .map((line) => inspect(line, { depth: null, maxStringLength: null, maxArrayLength: null }))
    .filter((line) => line.includes(text));

const requestLines = () => server.logged.filter(({ message }) => message === 'request');

test('a request’s log line has the user, the route, the status and the duration', async () => {
  const { user } = await caller.me();
  const before = requestLines().length;
  const response = await caller.fetch('/api/chats?limit=5');
  expect(requestLines()).toHaveLength(before + 1);
  expect(requestLines().at(-1)).toMatchObject({
    level: 'info',
    requestId: response.headers.get('x-request-id'),
    userId: user.id,
    method: 'GET',
    path: '/api/chats',
    status: 200,
    milliseconds: expect.any(Number),
  });
});

test('a refused request and a stream are logged with the status that was sent', async () => {
  await caller.fetch('/api/chats/42');
  expect(requestLines().at(-1)).toMatchObject({ path: '/api/chats/42', status: 400 });
  const { meta } = await caller.ask('Hello');
  const path = `/api/chats/${meta.chatId}/messages`;
  expect(requestLines().findLast((line) => line['path'] === path)).toMatchObject({ status: 200 });
});

test.each([
  ['of a declared length', 'Content-Length: 1000\r\n\r\n{"title": "'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\nA\r\n{"title": "\r\n'],
])('a client that disconnects in the middle of a body %s causes no error in the log', async (_name, rest) => {
  const isHangUp = ({ message }: Record<string, unknown>) =>
    message === 'the client disconnected before its request was complete';
  const before = server.logged.length;
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /api/chats HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${caller.token}\r\n` +
      `Content-Type: application/json\r\n${rest}`,
    // The user has been looked up by then, and the handler waits for the body.
    () => void caller.me().then(() => socket.destroy()),
  );
  await until('the disconnect is logged', () => server.logged.slice(before).some(isHangUp));
  const lines = server.logged.slice(before);
  expect(lines.filter(isHangUp)).toMatchObject([{ level: 'debug' }]);
  expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
});

test('no message and no reply is in any log, even if something fails', async () => {
  const { meta } = await caller.ask(`Tell me of ${SECRET_WORD}`);
  await caller.send('PATCH', `/api/chats/${meta.chatId}`, { title: SECRET_WORD });
  await caller.send('POST', `/api/chats/${meta.chatId}/messages`, { content: SECRET_WORD, [SECRET_WORD]: 1 });
  await caller.send('POST', `/api/chats/${meta.chatId}/messages`, {
    content: SECRET_WORD,
    model: SECRET_WORD,
  });
  await caller.fetch('/api/chats', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"title": "${SECRET_WORD}`,
  });
  const chunk = `{"candidates": [{"content": {"parts": [{"text": "${SECRET_WORD}"}]}}]`;
  for (const body of [
    `data: ${chunk}\r\n\r\n`,
    `data: ${chunk}}\r\n\r\n`,
    `[${chunk}}]`,
    chunk,
    SECRET_WORD,
  ]) {
    server.simulator.script([{ kind: 'http', status: 200, body, contentType: 'text/event-stream' }]);
    const reply = await caller.ask(`Again, ${SECRET_WORD}`);
    expect(reply.last.event).toBe('error');
  }
  for (const fault of ['safety', 'error-event', 'truncate', 'reset-after-chunk', '400', '503'] as const) {
    server.simulator.script([fault]);
    await caller.ask(`Once more, ${SECRET_WORD} `.repeat(10));
  }
  expect(server.logged.filter(({ message }) => message === 'reply failed').length).toBeGreaterThan(8);
  expect(linesWith(SECRET_WORD)).toEqual([]);
});

test('no query string is in any log', async () => {
  await caller.fetch(`/api/chats?cursor=${SECRET_WORD}`);
  await caller.fetch(`/api/session-options?token=${SECRET_WORD}`);
  await caller.fetch(`/api/nothing?x=${SECRET_WORD}#${SECRET_WORD}`);
  expect(requestLines().at(-1)).toMatchObject({ path: '/api/nothing', status: 404 });
  expect(linesWith(SECRET_WORD)).toEqual([]);
});

test('no token, cookie, password, JWT or key is in any log, valid or not', async () => {
  const jwt = hs256({ sub: 'grace', exp: soon() }, JWT_SECRET);
  const expired = hs256({ sub: 'grace', exp: soon() - 7200 }, JWT_SECRET);
  for (const token of [jwt, expired, `${SECRET_WORD}.x`, SECRET_WORD]) {
    await fetch(`${server.url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
  }
  const user = await server.user();
  await user.me();
  await fetch(`${server.url}/api/me`, { headers: { cookie: `millrace.session_token=${SECRET_WORD}` } });
  for (const path of ['sign-in/email', 'sign-up/email']) {
    const body = { name: 'Eve', email: 'eve@example.org', password: SECRET_WORD };
    for (const each of [body, { ...body, email: SECRET_WORD }]) {
      const headers = { 'content-type': 'application/json' };
      await fetch(`${server.url}/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(each) });
    }
  }
  server.simulator.script(['403']);
  await user.ask('Hello');
  for (const secret of [
    caller.token,
    user.token,
    user.token.split('.')[0] ?? '',
    jwt,
    expired,
    jwt.split('.')[2] ?? '',
    JWT_SECRET,
    'correct horse',
    'key-of-the-house',
    SECRET_WORD,
  ]) {
    expect(secret.length).toBeGreaterThan(9);
    expect(linesWith(secret)).toEqual([]);
  }
});

test('every reply has one log line with its status and cost', async () => {
  const linesOf = (generationId: string) =>
    server.logged.filter((line) => line['generationId'] === generationId);
  const { meta, last } = await caller.ask('Hello');
  expect(linesOf(meta.generationId)).toHaveLength(1);
  expect(linesOf(meta.generationId)[0]).toMatchObject({
    level: 'info',
    status: 'completed',
    model: 'gemini-3.8-flash',
    tokens: last.event === 'done' ? last.data.usage.totalTokens : 0,
  });
  server.simulator.script(['503']);
  const failed = await caller.ask('Hello');
  expect(linesOf(failed.meta.generationId)).toMatchObject([
    {
      level: 'warn',
      status: 'failed',
      code: 'model_unavailable',
      error: 'Gemini is not available right now. Try again in a moment.',
      cause: expect.stringMatching(/^503 /),
    },
  ]);
  // An outage is no defect, so its line has no stack.
  expect(linesOf(failed.meta.generationId)[0]).not.toHaveProperty('err');
});

test('a wrong GEMINI_MODEL is named in the log, and readers don’t see the service’s text', async () => {
  const misconfigured = await startTestServer({ GEMINI_MODEL: 'nope' });
  const reply = await (await misconfigured.guest()).ask('Hello');
  expect(reply.last).toMatchObject({
    event: 'error',
    data: { code: 'model_not_found', message: 'Gemini does not know this model. Choose another one.' },
  });
  expect(misconfigured.logged).toContainEqual({
    level: 'error',
    message: "the model's service doesn't know this model; correct GEMINI_MODEL",
    model: 'nope',
    setting: 'GEMINI_MODEL',
  });
  expect(misconfigured.logged.find(({ message }) => message === 'reply failed')).toMatchObject({
    code: 'model_not_found',
    cause: expect.stringContaining('models/nope'),
  });
  await misconfigured.close();
});
