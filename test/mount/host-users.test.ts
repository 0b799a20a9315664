import type { Me, NewApiKey, SessionOptions } from '@millrace/protocol';
import type { HostCaller } from '@millrace/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReply } from '../support/caller.ts';
import { HostVisitor } from '../support/host-visitor.ts';
import { authenticateByCookie, startMounted } from '../support/mounted.ts';
import type { Mounted } from '../support/mounted.ts';

const ALLOWED = 'https://app.example';

describe('users of the host application', () => {
  let mounted: Mounted;
  let base: string;
  beforeAll(async () => {
    const settings = { CORS_ORIGINS: ALLOWED };
    mounted = await startMounted({ prefix: '/chat', settings, authenticate: authenticateByCookie });
    base = `${mounted.url}/chat`;
  });
  afterAll(() => mounted.close());

  const visitor = (name: string) => new HostVisitor(base, `session=${name}`);
  const me = async (name: string) => (await visitor(name).json<Me>('GET', '/api/me')).user;

  test('become users, the same user each time, and administrators only if the host says so', async () => {
    const ada = await me('ada');
    expect(ada).toMatchObject({ kind: 'host', name: 'ada', email: null, roles: ['user'] });
    expect((await me('ada')).id).toBe(ada.id);
    expect((await me('root')).roles).toEqual(['admin']);
    expect((await visitor('ada').fetch('/api/admin/users')).status).toBe(403);
    expect((await visitor('root').fetch('/api/admin/users')).status).toBe(200);
    expect((await visitor('ada').fetch('/metrics')).status).toBe(403);
    expect((await visitor('root').fetch('/metrics')).status).toBe(200);
  });

  test('see only their own chats, and a request without a user sees none', async () => {
    const chatId = await visitor('ada').createChat();
    expect((await visitor('ada').fetch(`/api/chats/${chatId}`)).status).toBe(200);
    expect((await visitor('bob').fetch(`/api/chats/${chatId}`)).status).toBe(404);
    const refusal = await new HostVisitor(base, 'other=ada').fetch(`/api/chats/${chatId}`);
    expect(await refusal.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  test('can only sign in at the host: this server has no sign-in and accepts no session tokens', async () => {
    const options = await visitor('nobody').json<SessionOptions>('GET', '/api/session-options');
    expect(options).toMatchObject({ signIn: false, guests: false, setupTokenRequired: false });
    const guest = await fetch(`${base}/api/auth/sign-in/anonymous`, { method: 'POST', body: '{}' });
    expect(guest.status).toBe(401);
    expect(await visitor('ada').json('GET', '/api/auth/get-session')).toMatchObject({
      user: { name: 'ada' },
    });
    expect(await (await fetch(`${base}/api/auth/get-session`)).json()).toBeNull();
    expect((await visitor('ada').fetch('/api/auth/sign-out', { method: 'POST', body: '{}' })).status).toBe(
      404,
    );
    const headers = { authorization: 'Bearer whatever' };
    expect((await fetch(`${base}/api/me`, { headers })).status).toBe(401);
  });

  test('create API keys, with which programs act as them until the keys are revoked', async () => {
    const made = await visitor('ada').json<NewApiKey>('POST', '/api/keys', { name: 'laptop' });
    const headers = { authorization: `Bearer ${made.key}`, origin: 'https://evil.example' };
    const byKey = () => fetch(`${base}/v1/models`, { headers });
    expect((await byKey()).status).toBe(200);
    const asked = await fetch(`${base}/api/me`, { headers });
    expect(((await asked.json()) as Me).user.name).toBe('ada');
    expect((await visitor('ada').fetch(`/api/keys/${made.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await byKey()).status).toBe(401);
  });

  test.each([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['the origin "null"', { origin: 'null' }],
    ['a cross-site page without an origin', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['a foreign origin with a bearer token', { origin: 'https://evil.example', authorization: 'Bearer x' }],
    ['a foreign origin with a password', { origin: 'https://evil.example', authorization: 'Basic eDp5' }],
  ] as [string, Record<string, string>][])(
    'are not authenticated by their cookie from %s',
    async (_name, headers) => {
      const chatId = await visitor('ada').createChat();
      const requests = [
        visitor('ada').fetch('/api/chats', { method: 'POST', body: '{}', headers }),
        visitor('ada').send(chatId, 'Hello', { headers }),
        visitor('ada').fetch(`/api/chats/${chatId}`, { method: 'DELETE', headers }),
      ];
      for (const response of await Promise.all(requests)) {
        expect(await response.json()).toMatchObject({ status: 403, code: 'forbidden' });
      }
      expect(await visitor('ada').messages(chatId)).toEqual([]);
    },
  );

  test('may call from the application’s own pages, from allowed origins, and from programs', async () => {
    const post = (headers: Record<string, string>) =>
      visitor('ada').fetch('/api/chats', { method: 'POST', body: '{}', headers });
    expect((await post({ origin: mounted.url })).status).toBe(201);
    expect((await post({ origin: mounted.url, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect((await post({ origin: ALLOWED, 'sec-fetch-site': 'cross-site' })).status).toBe(201);
    expect((await post({})).status).toBe(201);
  });
});

test('a user that the host identified by a bearer token may call from any page', async () => {
  const authenticate = (request: Request): HostCaller | null =>
    request.headers.get('authorization') === 'Bearer ada' ? { id: 7, credential: 'bearer' } : null;
  const mounted = await startMounted({ authenticate });
  const headers = { authorization: 'Bearer ada', origin: 'https://evil.example' };
  const post = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{}' };
  expect((await fetch(`${mounted.url}/api/chats`, post)).status).toBe(201);
  const me = (await (await fetch(`${mounted.url}/api/me`, { headers })).json()) as Me;
  expect(me.user).toMatchObject({ name: '7', kind: 'host' });
  await mounted.close();
});

test('a role that the host gives or takes applies from the next request; without one the stored role applies', async () => {
  let roles: HostCaller['roles'];
  const mounted = await startMounted({ authenticate: () => ({ id: 'ada', ...(roles && { roles }) }) });
  const ada = new HostVisitor(mounted.url, '');
  const rolesNow = async () => (await ada.json<Me>('GET', '/api/me')).user.roles;
  expect(await rolesNow()).toEqual(['user']);
  roles = ['admin'];
  expect(await rolesNow()).toEqual(['admin']);
  expect((await ada.fetch('/api/admin/users')).status).toBe(200);
  roles = undefined;
  expect(await rolesNow()).toEqual(['admin']);
  roles = [];
  expect(await rolesNow()).toEqual(['user']);
  expect((await ada.fetch('/api/admin/users')).status).toBe(403);
  await mounted.close();
});

test('an authentication that throws, or returns no stable id, is an internal error and gives no access', async () => {
  let answer: () => HostCaller = () => {
    throw new Error('the session store is down');
  };
  const mounted = await startMounted({ authenticate: () => answer() });
  const ada = new HostVisitor(mounted.url, '');
  expect(await (await ada.fetch('/api/me')).json()).toMatchObject({ status: 500, code: 'internal' });
  for (const id of ['', 1.5, null as unknown as string, { toString: () => 'ada' } as unknown as string]) {
    answer = () => ({ id });
    expect((await ada.fetch('/api/me')).status).toBe(500);
  }
  await mounted.close();
});

test('two servers in one process with separate DATA_DIRs are independent', async () => {
  const [one, other] = await Promise.all(
    ['/one', '/other'].map((prefix) => startMounted({ prefix, authenticate: authenticateByCookie })),
  );
  if (one === undefined || other === undefined) return expect.fail();
  const [here, there] = [
    new HostVisitor(`${one.url}/one`, 'session=ada'),
    new HostVisitor(`${other.url}/other`, 'session=ada'),
  ];
  one.simulator.script([{ chunks: ['here'] }]);
  other.simulator.script([{ chunks: ['there'] }]);
  const chatId = await here.createChat();
  const replies = await Promise.all([
    here.send(chatId, 'Where?'),
    there.send(await there.createChat(), 'Where?'),
  ]);
  expect((await Promise.all(replies.map(readReply))).map(({ text }) => text)).toEqual(['here', 'there']);
  expect((await there.fetch(`/api/chats/${chatId}`)).status).toBe(404);
  await one.close();
  expect((await there.fetch('/api/me')).status).toBe(200);
  await other.close();
});
