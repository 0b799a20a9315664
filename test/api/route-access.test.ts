import type { NewApiKey, NewShare } from '@millrace/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import type { Route } from '../../server/src/http/route.ts';
import { attach } from '../support/attached.ts';
import type { Caller } from '../support/caller.ts';
import { hs256, soon } from '../support/json-web-token.ts';
import { routeDefinitions } from '../support/routes.ts';
import { startTestServer } from '../support/test-server.ts';

const SECRET = 'a secret that is long enough for HS256';
const UNKNOWN: Record<string, string> = { generationId: '0000000000000000' };
const UNKNOWN_UUID = '01890000-0000-7000-8000-000000000000';
const PARAMETER = /:(\w+)(?:\{[^}]*\})?/g;

// With a public address, connections come from a proxy: a connection from this machine isn't the operator's.
const server = await startTestServer({ JWT_SECRET: SECRET, PUBLIC_URL: 'http://localhost:4000' });
afterAll(() => server.close());

const admin = await server.user();
const account = await server.user();
const guest = await server.guest();

async function keyOf(caller: Caller): Promise<string> {
  return (await caller.json<NewApiKey>('POST', '/api/keys', { name: 'walk' })).key;
}

const CREDENTIALS = {
  nobody: null,
  guest: guest.token,
  account: account.token,
  'API key of an account': await keyOf(account),
  administrator: admin.token,
  'API key of an administrator': await keyOf(admin),
  'invalid token': 'nonsense',
  'expired token': hs256({ sub: 'ada', exp: soon() - 7200 }, SECRET),
} as const;
type Role = keyof typeof CREDENTIALS;

const USERS: readonly Role[] = [
  'guest',
  'account',
  'API key of an account',
  'administrator',
  'API key of an administrator',
];
/** The roles that each rule admits. Other callers with valid credentials get a 403, all others a 401. */
const ADMITTED: Record<string, readonly Role[]> = {
  user: USERS,
  'user-or-operator': USERS,
  session: ['guest', 'account', 'administrator'],
  admin: ['administrator'],
  operator: ['administrator'],
};

/** The roles that may call a route. A route with its own admission takes every user. */
const admittedTo = ({ caller }: Route) => (typeof caller === 'function' ? USERS : (ADMITTED[caller] ?? []));

/** message-api answers another user's chat with 403. */
const FORBIDS_FOREIGN_CHATS = /^\/api\/chat\//;

const routes = routeDefinitions()
  .flatMap((group) => group.routes)
  .filter(({ path }) => !path.endsWith('*'));

const pathOf = (path: string, ids: Record<string, string>) =>
  path.replaceAll(PARAMETER, (_match, name: string) => ids[name] ?? UNKNOWN_UUID);

interface Sent {
  method: string;
  path: string;
  token: string | null;
  body?: string;
  headers?: Record<string, string>;
}

/** Sends a request, and closes the connection when the response headers arrive. */
async function send({ method, path, token, body, headers = {} }: Sent): Promise<Response> {
  const leave = new AbortController();
  const response = await fetch(server.url + path, {
    method,
    headers: { ...headers, ...(token !== null && { authorization: `Bearer ${token}` }) },
    signal: leave.signal,
    ...(body !== undefined && { body }),
  });
  leave.abort();
  return response;
}

const openRoutes = routes.filter(({ caller }) => caller === 'anyone');
const guardedRoutes = routes.filter(({ caller }) => caller !== 'anyone');

describe.each(openRoutes)('$method $path is open to everyone', ({ method, path }) => {
  test.each(['nobody', 'invalid token'] as const)('%s', async (role) => {
    const { status } = await send({ method, path: pathOf(path, UNKNOWN), token: CREDENTIALS[role] });
    expect([401, 403, 405, 500]).not.toContain(status);
  });
});

describe.each(guardedRoutes)('$method $path admits the callers in its definition', (guarded) => {
  const { method, path } = guarded;
  const admitted = admittedTo(guarded);

  test.each(Object.keys(CREDENTIALS) as Role[])('%s', async (role) => {
    const { status } = await send({ method, path: pathOf(path, UNKNOWN), token: CREDENTIALS[role] });
    const refused = USERS.includes(role) ? 403 : 401;
    expect([401, 403, 405, 500].includes(status) ? status : 'admitted').toBe(
      admitted.includes(role) ? 'admitted' : refused,
    );
  });
});

describe('another user’s data is not found, or forbidden by message-api', async () => {
  const { meta } = await admin.ask('Hello');
  const { chatId } = meta;
  const share = await admin.json<NewShare>('POST', `/api/chats/${chatId}/shares`, {});
  const file = await attach(admin, 'Text', 'a.txt');
  const ids: Record<string, string> = {
    chatId,
    messageId: meta.assistantMessage.id,
    generationId: meta.generationId,
    attachmentId: file.id,
    mediaId: file.id,
    keyId: (await admin.json<NewApiKey>('POST', '/api/keys', { name: 'mine' })).id,
    shareId: share.id,
  };
  const bodies: Record<string, object> = {
    updateChat: { title: 'Mine now' },
    sendMessage: { content: 'Hi' },
    rateReply: { rating: 'good' },
    regenerate: {},
    continueReply: {},
    createShare: {},
    streamChatMessage: { content: 'Hi' },
    streamMessageApi: { message: 'Hi' },
  };
  // Names of AI SDK chats are each user's own, and models are everyone's.
  const isOwned = (path: string) => path.includes(':') && !/:(?:name|model)\b/.test(path);
  const ownedRoutes = routes.filter(
    ({ caller, path }) => caller !== 'anyone' && caller !== 'admin' && isOwned(path),
  );

  test.each(ownedRoutes)('$method $path', async ({ method, path, id, body }) => {
    const json = bodies[id];
    const isFile = body?.contentType === 'application/octet-stream';
    const sent = {
      method,
      path: pathOf(path, ids) + (isFile ? '?name=a.txt' : ''),
      ...(json && { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
      ...(isFile && { body: 'Text' }),
    };
    const refused = FORBIDS_FOREIGN_CHATS.test(path) ? 403 : 404;
    expect((await send({ ...sent, token: account.token })).status).toBe(refused);
    expect((await send({ ...sent, token: CREDENTIALS['API key of an account'] })).status).not.toBe(200);
  });
});

describe('an unsupported method is refused with the supported methods', () => {
  const methods = Map.groupBy(routes, ({ path }) => path);

  test.each([...methods])('%s', async (path, defined) => {
    const taken = defined.map(({ method }) => method as string);
    const method = ['PUT', 'DELETE'].find((each) => !taken.includes(each)) ?? 'PATCH';
    const response = await send({ method, path: pathOf(path, UNKNOWN), token: account.token });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(taken));
  });
});
