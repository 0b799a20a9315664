import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Chat, Me, Page, Problem } from '@millrace/protocol';
import { Caller } from '../support/caller.ts';
import { hs256, SigningKey, soon, unsigned } from '../support/json-web-token.ts';
import { RawConnection } from '../support/raw-request.ts';
import type { RawAnswer } from '../support/raw-request.ts';
import { ServerProcess } from '../support/server-process.ts';
import { startTestServer, testEnvironment } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'correct horse';
const JSON_TYPE = { 'content-type': 'application/json' };

let emails = 0;
const newEmail = () => `ada-${(emails += 1)}@example.org`;

/** Asks `/api/auth/…` as a program does: no cookie, no origin. */
async function auth(url: string, path: string, body: object, token?: string): Promise<RawAnswer> {
  const connection = new RawConnection(url);
  const headers = { ...JSON_TYPE, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await connection.send(`/api/auth/${path}`, request);
  connection.close();
  return answer;
}

function callerOf(url: string, answer: RawAnswer): Caller {
  const token = answer.headers['set-auth-token'];
  if (typeof token !== 'string') throw new Error(`No session: ${answer.status} ${answer.body}`);
  return new Caller(url, token);
}

async function signUp(url: string, email = newEmail(), token?: string): Promise<Caller> {
  return callerOf(url, await auth(url, 'sign-up/email', { name: 'Ada', email, password: PASSWORD }, token));
}

function expectProblem(answer: RawAnswer, status: number, code: string): Problem {
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(answer.body) as Problem;
  expect(problem).toMatchObject({ status, code });
  return problem;
}

/** The session as a browser holds it. */
function cookieOf(answer: RawAnswer): string {
  return (answer.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ');
}

describe('passwords', () => {
  let server: TestServer;
  beforeAll(async () => void (server = await startTestServer()));
  afterAll(() => server.close());

  test('the first who signs up with a password is the administrator; guests before and users after are not', async () => {
    const fresh = await startTestServer();
    const guest = await fresh.guest();
    expect((await guest.me()).user).toMatchObject({ kind: 'guest', roles: ['user'], email: null });
    const first = await signUp(fresh.url, 'first@example.org');
    const second = await signUp(fresh.url);
    expect((await first.me()).user).toMatchObject({
      kind: 'password',
      name: 'Ada',
      email: 'first@example.org',
      roles: ['admin'],
    });
    expect((await second.me()).user.roles).toEqual(['user']);
    expect((await (await fresh.guest()).me()).user.roles).toEqual(['user']);
    await fresh.close();
  });

  test('of many who sign up at once exactly one is the administrator', async () => {
    const fresh = await startTestServer();
    const users = await Promise.all(Array.from({ length: 8 }, () => signUp(fresh.url)));
    const roles = await Promise.all(users.map(async (user) => (await user.me()).user.roles));
    expect(roles.filter((each) => each.includes('admin'))).toHaveLength(1);
    await fresh.close();
  });

  test('the right password signs in to the same account, a wrong one and an unknown address are a 401', async () => {
    const email = newEmail();
    const user = await signUp(server.url, email);
    const again = callerOf(
      server.url,
      await auth(server.url, 'sign-in/email', { email, password: PASSWORD }),
    );
    expect((await again.me()).user).toEqual((await user.me()).user);
    const wrong = await auth(server.url, 'sign-in/email', { email, password: 'wrong horse' });
    const unknown = await auth(server.url, 'sign-in/email', { email: newEmail(), password: PASSWORD });
    const { detail } = expectProblem(wrong, 401, 'unauthenticated');
    // Whether an address has an account is nobody's business.
    expect(expectProblem(unknown, 401, 'unauthenticated').detail).toBe(detail);
  });

  test('an address is taken once, and a short password not at all', async () => {
    const email = newEmail();
    await signUp(server.url, email);
    const again = { name: 'Eve', email, password: PASSWORD };
    expectProblem(await auth(server.url, 'sign-up/email', again), 400, 'invalid_request');
    const short = { name: 'Eve', email: newEmail(), password: 'abc' };
    expectProblem(await auth(server.url, 'sign-up/email', short), 400, 'invalid_request');
  });

  test.each(['{', '[]', 'null', '{"email": 5}'])('signing in with %s is a 400', async (body) => {
    const connection = new RawConnection(server.url);
    const request = { method: 'POST', headers: JSON_TYPE, body };
    expectProblem(await connection.send('/api/auth/sign-in/email', request), 400, 'invalid_request');
    connection.close();
  });

  test('a sign-out ends the token at once', async () => {
    const user = await signUp(server.url);
    expect((await user.fetch('/api/me')).status).toBe(200);
    expect((await auth(server.url, 'sign-out', {}, user.token)).status).toBe(200);
    expect((await user.fetch('/api/me')).status).toBe(401);
  });

  test('a sign-out by cookie ends the cookie at once', async () => {
    const { answer, connection, cookie } = await signUpInBrowser(server.url);
    expect(answer.status).toBe(200);
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(200);
    const out = { method: 'POST', headers: { ...JSON_TYPE, cookie, origin: server.url }, body: '{}' };
    expect((await connection.send('/api/auth/sign-out', out)).status).toBe(200);
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(401);
    connection.close();
  });

  test('a sign-out ends the session in whatever way its token is presented', async () => {
    const { answer, connection, cookie } = await signUpInBrowser(server.url);
    const user = callerOf(server.url, answer);
    expect((await user.fetch('/api/me')).status).toBe(200);
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(200);
    expect((await auth(server.url, 'sign-out', {}, user.token)).status).toBe(200);
    expect((await user.fetch('/api/me')).status).toBe(401);
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(401);
    connection.close();
  });
});

async function signUpInBrowser(url: string) {
  const connection = new RawConnection(url);
  const answer = await connection.send('/api/auth/sign-up/email', {
    method: 'POST',
    headers: { ...JSON_TYPE, origin: url },
    body: JSON.stringify({ name: 'Ada', email: newEmail(), password: PASSWORD }),
  });
  return { answer, connection, cookie: cookieOf(answer) };
}

describe('guests', () => {
  test('a guest who signs up keeps chats, usage and what is running, and the guest is gone', async () => {
    const server = await startTestServer();
    const guest = await server.guest();
    const before = await guest.ask('Remember me');
    server.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'stall' } }]);
    const { id } = await guest.createChat();
    const running = await guest.send('POST', `/api/chats/${id}/messages`, { content: 'Count' });
    const { budget } = await guest.me();
    expect(budget.used).toBeGreaterThan(0);
    expect(budget.reserved).toBeGreaterThan(0);

    const user = await signUp(server.url, newEmail(), guest.token);
    const me = await user.me();
    expect(me.user).toMatchObject({ kind: 'password', name: 'Ada' });
    expect(me.budget).toMatchObject({ used: budget.used, reserved: budget.reserved });
    expect(await user.messages(before.meta.chatId)).toHaveLength(2);
    expect((await guest.fetch('/api/me')).status).toBe(401);

    const [, answer] = await user.messages(id);
    await user.json('POST', `/api/generations/${answer?.generationId}/stop`);
    expect(await running.text()).toContain('"status":"stopped"');
    const after = await user.me();
    expect(after.budget.reserved).toBe(0);
    expect(after.budget.used).toBeGreaterThan(budget.used);
    await server.close();
  });

  test('a guest who signs in to an account brings chats and usage along', async () => {
    const server = await startTestServer();
    const email = newEmail();
    const owner = await signUp(server.url, email);
    await owner.ask('Mine');
    const guest = await server.guest();
    const asked = await guest.ask('Remember me');
    const used = (await owner.me()).budget.used + (await guest.me()).budget.used;
    const body = { email, password: PASSWORD };
    const user = callerOf(server.url, await auth(server.url, 'sign-in/email', body, guest.token));
    expect((await user.me()).user.id).toBe((await owner.me()).user.id);
    expect(await user.messages(asked.meta.chatId)).toHaveLength(2);
    expect((await user.me()).budget.used).toBe(used);
    await server.close();
  });

  test('one guest sees nothing of another', async () => {
    const server = await startTestServer();
    const [one, other] = [await server.guest(), await server.guest()];
    const { meta } = await one.ask('Secret');
    expect((await other.fetch(`/api/chats/${meta.chatId}`)).status).toBe(404);
    expect((await other.json<Page<Chat>>('GET', '/api/chats')).items).toEqual([]);
    await server.close();
  });

  test('more guests an hour than allowed from one address are a 429 that says when to come back', async () => {
    const server = await startTestServer({ GUESTS_PER_IP_PER_HOUR: '2' });
    await server.guest();
    await server.guest();
    const third = await auth(server.url, 'sign-in/anonymous', {});
    expectProblem(third, 429, 'rate_limited');
    const wait = Number(third.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(3600);
    await signUp(server.url);
    await server.close();
  });

  test('an address is what the proxy says only where a proxy is told of', async () => {
    const asGuestFrom = async (url: string, address: string) => {
      const headers = { ...JSON_TYPE, 'x-forwarded-for': address };
      const request = { method: 'POST', headers, body: '{}' };
      const connection = new RawConnection(url);
      const { status } = await connection.send('/api/auth/sign-in/anonymous', request);
      connection.close();
      return status;
    };
    const open = await startTestServer({ GUESTS_PER_IP_PER_HOUR: '1' });
    expect(await asGuestFrom(open.url, '192.0.2.1')).toBe(200);
    expect(await asGuestFrom(open.url, '192.0.2.2')).toBe(429);
    await open.close();
    const proxied = await startTestServer({ GUESTS_PER_IP_PER_HOUR: '1', TRUST_PROXY: '1' });
    expect(await asGuestFrom(proxied.url, '192.0.2.1')).toBe(200);
    expect(await asGuestFrom(proxied.url, '192.0.2.2')).toBe(200);
    // What a caller claims stands before what the proxy wrote.
    expect(await asGuestFrom(proxied.url, '192.0.2.9, 192.0.2.1')).toBe(429);
    await proxied.close();
  });

  test('where guests are not wanted they are refused, and the sign-in page knows', async () => {
    const server = await startTestServer({ GUESTS: 'off' });
    expectProblem(await auth(server.url, 'sign-in/anonymous', {}), 403, 'forbidden');
    const options = await fetch(`${server.url}/api/session-options`);
    expect(await options.json()).toMatchObject({ guests: false });
    await signUp(server.url);
    await server.close();
  });

  test('too many sign-ins a minute are a 429 that says when to come back', async () => {
    const server = await startTestServer({ SIGN_INS_PER_MINUTE: '2' });
    const body = { email: newEmail(), password: PASSWORD };
    await auth(server.url, 'sign-in/email', body);
    await auth(server.url, 'sign-in/email', body);
    const third = await auth(server.url, 'sign-in/email', body);
    expectProblem(third, 429, 'rate_limited');
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    await server.close();
  });
});

describe('cookies', () => {
  const ALLOWED = 'https://app.example';
  let server: TestServer;
  let cookie: string;
  let connection: RawConnection;
  beforeAll(async () => {
    server = await startTestServer({ CORS_ORIGINS: ALLOWED });
    ({ cookie, connection } = await signUpInBrowser(server.url));
  });
  afterAll(async () => {
    connection.close();
    await server.close();
  });

  const createChat = (headers: Record<string, string>) =>
    connection.send('/api/chats', {
      method: 'POST',
      headers: { ...JSON_TYPE, cookie, ...headers },
      body: '{}',
    });

  test.each([
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['the origin "null"', { origin: 'null' }],
    ['an origin that begins like ours', { origin: `${ALLOWED}.evil.example` }],
    ['our host on another port', { origin: 'http://127.0.0.1:1' }],
    ['a cross-site page without an origin', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site page of another host', { 'sec-fetch-site': 'same-site' }],
    [
      'a foreign origin that says nothing else',
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    ],
  ] as [string, Record<string, string>][])('from %s change nothing: 403', async (_name, headers) => {
    const list = async () => (await connection.send('/api/chats', { headers: { cookie } })).body;
    const before = await list();
    expectProblem(await createChat(headers), 403, 'forbidden');
    expect(await list()).toBe(before);
  });

  test('from our own origin, an allowed one or a program are taken', async () => {
    expect((await createChat({ origin: server.url })).status).toBe(201);
    expect((await createChat({ origin: server.url, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect((await createChat({ origin: ALLOWED, 'sec-fetch-site': 'cross-site' })).status).toBe(201);
    expect((await createChat({})).status).toBe(201);
  });

  test('are not readable by scripts, nor sent along by foreign pages', async () => {
    const { answer, connection: own } = await signUpInBrowser(server.url);
    for (const line of answer.headers['set-cookie'] ?? []) {
      expect(line).toMatch(/; *HttpOnly/i);
      expect(line).toMatch(/; *SameSite=Lax/i);
    }
    expect(answer.headers['set-cookie']?.length).toBeGreaterThan(0);
    own.close();
  });

  test('an allowed origin may read answers with credentials, a foreign one may not', async () => {
    const asked = (origin: string) => connection.send('/api/me', { headers: { cookie, origin } });
    expect((await asked(ALLOWED)).headers['access-control-allow-origin']).toBe(ALLOWED);
    expect((await asked('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a server as it is run, not within a test', () => {
  let server: ServerProcess;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-'));
    server = await ServerProcess.start(testEnvironment('http://127.0.0.1:1', dataDir));
  });
  afterAll(async () => {
    await server.kill();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('signs up and signs in a program that uses fetch', async () => {
    const email = newEmail();
    const ask = (path: string) =>
      fetch(`${server.url}/api/auth/${path}`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify({ name: 'Ada', email, password: PASSWORD }),
      });
    for (const path of ['sign-up/email', 'sign-in/email']) {
      const response = await ask(path);
      expect({ path, status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
      expect(response.headers.get('set-auth-token')).not.toBeNull();
    }
  });

  test('signs up a program that sends nothing but the body', async () => {
    await signUp(server.url);
  });

  test('signs up a browser on its own page, by whatever name it is reached', async () => {
    for (const host of [server.url, server.url.replace('127.0.0.1', 'localhost')]) {
      const connection = new RawConnection(host);
      const answer = await connection.send('/api/auth/sign-up/email', {
        method: 'POST',
        headers: { ...JSON_TYPE, origin: host, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
        body: JSON.stringify({ name: 'Ada', email: newEmail(), password: PASSWORD }),
      });
      expect({ host, status: answer.status, body: answer.body }).toMatchObject({ status: 200 });
      connection.close();
    }
  });

  test('lets no foreign page sign anybody out', async () => {
    const { connection, cookie } = await signUpInBrowser(server.url);
    const out = (origin: string) =>
      connection.send('/api/auth/sign-out', {
        method: 'POST',
        headers: { ...JSON_TYPE, cookie, origin },
        body: '{}',
      });
    expectProblem(await out('https://evil.example'), 403, 'forbidden');
    expect((await connection.send('/api/me', { headers: { cookie } })).status).toBe(200);
    expect((await out(server.url)).status).toBe(200);
    connection.close();
  });

  test('turns a guest who uses fetch into a user who keeps the chats', async () => {
    const guest = await Caller.asGuest(server.url);
    const { id } = await guest.createChat();
    const response = await guest.send('POST', '/api/auth/sign-up/email', {
      name: 'Ada',
      email: newEmail(),
      password: PASSWORD,
    });
    expect({ status: response.status, body: await response.clone().text() }).toMatchObject({ status: 200 });
    const user = new Caller(server.url, response.headers.get('set-auth-token') ?? '');
    expect((await user.fetch(`/api/chats/${id}`)).status).toBe(200);
  });
});

const SECRET = 'a secret that is long enough for HS256';
const ISSUER = 'https://app.example';

describe('users of a host application, by a shared secret', () => {
  let server: TestServer;
  beforeAll(async () => void (server = await startTestServer({ JWT_SECRET: SECRET })));
  afterAll(() => server.close());

  const host = (claims: Record<string, unknown>) =>
    new Caller(server.url, hs256({ exp: soon(), ...claims }, SECRET));

  test('are created on first sight, and are the same by every token with their issuer and subject', async () => {
    const claims = { iss: ISSUER, sub: 'grace', name: 'Grace', email: 'grace@app.example' };
    const { user } = await host(claims).me();
    expect(user).toMatchObject({ kind: 'host', name: 'Grace', email: 'grace@app.example', roles: ['user'] });
    expect((await host({ ...claims, jti: 'another token' }).me()).user.id).toBe(user.id);
    expect((await host({ iss: ISSUER, sub: 'grace', name: 'Grace H.' }).me()).user).toMatchObject({
      id: user.id,
      name: 'Grace H.',
    });
  });

  test('are never the administrator, though they come first', async () => {
    const fresh = await startTestServer({ JWT_SECRET: SECRET });
    const first = new Caller(fresh.url, hs256({ sub: 'root', exp: soon(), role: 'admin' }, SECRET));
    expect((await first.me()).user.roles).toEqual(['user']);
    expect((await (await fresh.user()).me()).user.roles).toEqual(['admin']);
    await fresh.close();
  });

  test('with the same subject of another issuer, or of none, are somebody else and see only their own', async () => {
    const [one, other, none] = [
      host({ iss: ISSUER, sub: '7' }),
      host({ iss: `${ISSUER}.au`, sub: '7' }),
      host({ sub: '7' }),
    ];
    const { meta } = await one.ask('Mine alone');
    const ids = await Promise.all([one, other, none].map(async (each) => (await each.me()).user.id));
    expect(new Set(ids).size).toBe(3);
    for (const stranger of [other, none]) {
      expect((await stranger.fetch(`/api/chats/${meta.chatId}`)).status).toBe(404);
      expect((await stranger.fetch(`/api/generations/${meta.generationId}/events`)).status).toBe(404);
      expect((await stranger.json<Page<Chat>>('GET', '/api/chats')).items).toEqual([]);
    }
    expect(await one.messages(meta.chatId)).toHaveLength(2);
  });

  test('cannot become a local user by naming their id, nor by an issuer called like ours', async () => {
    const local = await server.user();
    const { id } = (await local.me()).user;
    const session = await local.json<{ user: { id: string } }>('GET', '/api/auth/get-session');
    for (const claims of [
      { iss: 'local', sub: session.user.id },
      { iss: 'local', sub: id },
      { sub: session.user.id },
    ]) {
      expect((await host(claims).me()).user.id).not.toBe(id);
    }
  });

  test('are refused from the moment their token expires, also when it was just used', async () => {
    const exp = Math.floor(Date.now() / 1000) + 2;
    const shortLived = host({ sub: 'brief', exp });
    expect((await shortLived.fetch('/api/me')).status).toBe(200);
    await until('the token has expired', () => Date.now() >= exp * 1000);
    expect((await shortLived.fetch('/api/me')).status).toBe(401);
  });

  test('live beside local accounts', async () => {
    expect((await (await server.user()).me()).user.kind).toBe('password');
    expect((await (await server.guest()).me()).user.kind).toBe('guest');
  });
});

describe('users of a host application, by published keys', () => {
  const rsa = new SigningKey('RS256', 'rsa-1');
  const elliptic = new SigningKey('ES256', 'ec-1');
  const stranger = new SigningKey('ES256', 'ec-1');
  const keySet = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [rsa.published(), elliptic.published()] }));
  });
  let server: TestServer;
  beforeAll(async () => {
    keySet.listen(0, '127.0.0.1');
    await once(keySet, 'listening');
    const { port } = keySet.address() as AddressInfo;
    server = await startTestServer({ JWKS_URL: `http://127.0.0.1:${port}/keys.json` });
  });
  afterAll(async () => {
    await server.close();
    keySet.close();
  });

  const status = async (token: string) => (await new Caller(server.url, token).fetch('/api/me')).status;

  test('are taken with RS256 and ES256, as the same user', async () => {
    const claims = { iss: ISSUER, sub: 'grace', exp: soon() };
    const byRsa = await new Caller(server.url, rsa.sign(claims)).me();
    const byElliptic = await new Caller(server.url, elliptic.sign(claims)).me();
    expect(byRsa.user).toMatchObject({ kind: 'host', name: 'grace' });
    expect(byElliptic.user.id).toBe(byRsa.user.id);
  });

  test('are refused with HS256 signed by the public key in any form, with alg none, and by a stranger’s key', async () => {
    const claims = { iss: ISSUER, sub: 'grace', exp: soon() };
    const pem = rsa.publicKey.export({ format: 'pem', type: 'spki' });
    const der = rsa.publicKey.export({ format: 'der', type: 'spki' });
    const jwk = JSON.stringify(rsa.published());
    for (const secret of [pem, der, jwk, '']) {
      expect(await status(hs256(claims, secret, { kid: 'rsa-1' }))).toBe(401);
      expect(await status(hs256(claims, secret))).toBe(401);
    }
    expect(await status(unsigned(claims))).toBe(401);
    expect(await status(stranger.sign(claims))).toBe(401);
    expect(await status(new SigningKey('ES256', 'unknown').sign(claims))).toBe(401);
  });

  test('are refused without exp, after it, and without sub', async () => {
    expect(await status(elliptic.sign({ sub: 'grace' }))).toBe(401);
    expect(await status(elliptic.sign({ sub: 'grace', exp: soon() - 7200 }))).toBe(401);
    expect(await status(elliptic.sign({ exp: soon() }))).toBe(401);
  });

  test('get no 401 while the key set is out of reach: that is not their fault', async () => {
    const cut = await startTestServer({ JWKS_URL: 'http://127.0.0.1:1/keys.json' });
    const caller = new Caller(cut.url, elliptic.sign({ sub: 'grace', exp: soon() }));
    expect((await caller.fetch('/api/me')).status).toBeGreaterThanOrEqual(500);
    await cut.close();
  });
});

describe('budgets', () => {
  const firstOfNextMonth = () => {
    const now = new Date();
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString();
  };

  test('a guest’s reply is shortened to what is left, with a notice, and the next one refused', async () => {
    const server = await startTestServer({ GUEST_TOKEN_LIMIT: '2000' });
    const guest = await server.guest();
    expect((await guest.me()).budget).toEqual({
      limit: 2000,
      used: 0,
      reserved: 0,
      remaining: 2000,
      resetsAt: firstOfNextMonth(),
    });
    server.simulator.script([{ text: 'word '.repeat(4000) }]);
    const reply = await guest.ask('Write a book');
    expect(reply.events.find(({ event }) => event === 'notice')?.data).toMatchObject({ code: 'shortened' });
    const body = server.simulator.log()[0]?.body as
      | { generationConfig: { maxOutputTokens: number } }
      | undefined;
    expect(body?.generationConfig.maxOutputTokens).toBeLessThan(2000);
    expect(body?.generationConfig.maxOutputTokens).toBeGreaterThan(1900);
    expect(reply.last).toMatchObject({ event: 'done', data: { finishReason: 'length' } });

    const { budget } = await guest.me();
    expect(budget.used).toBeLessThanOrEqual(2000);
    expect(budget).toMatchObject({ reserved: 0, remaining: 2000 - budget.used });
    const refused = await guest.send('POST', `/api/chats/${reply.meta.chatId}/messages`, { content: 'More' });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: 'budget_exceeded',
      resetsAt: firstOfNextMonth(),
    });
    expect(server.simulator.log()).toHaveLength(1);
    expect(await guest.messages(reply.meta.chatId)).toHaveLength(2);
    expect((await guest.me()).budget).toEqual(budget);
    await server.close();
  });

  test('replies that are asked for all at once cannot spend more than there is', async () => {
    const server = await startTestServer({ GUEST_TOKEN_LIMIT: '3000', MAX_OUTPUT_TOKENS: '1000' });
    const guest = await server.guest();
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async () => {
        server.simulator.script([{ text: 'word '.repeat(1000) }]);
        const { id } = await guest.createChat();
        const response = await guest.send('POST', `/api/chats/${id}/messages`, { content: 'Write' });
        await response.text();
        return response.status;
      }),
    );
    expect(statuses).toContain(200);
    expect(statuses).toContain(403);
    const { used, reserved } = (await guest.me()).budget;
    expect(used).toBeGreaterThan(1500);
    expect(used).toBeLessThanOrEqual(3000);
    expect(reserved).toBe(0);
    await server.close();
  });

  test('users have their own limit, administrators none, and all together another', async () => {
    const server = await startTestServer({ DEFAULT_TOKEN_LIMIT: '500', TOTAL_TOKEN_LIMIT: '5000' });
    const [administrator, user] = [await server.user(), await server.user()];
    expect((await administrator.me()).budget).toMatchObject({ limit: null, remaining: null });
    expect((await user.me()).budget).toMatchObject({ limit: 500, remaining: 500 });
    server.simulator.script([{ text: 'word '.repeat(8000) }]);
    const reply = await administrator.ask('Write a book');
    expect(reply.events.some(({ event }) => event === 'notice')).toBe(true);
    const { id } = await user.createChat();
    const refused = await user.send('POST', `/api/chats/${id}/messages`, { content: 'Me too' });
    expect(refused.status).toBe(403);
    expect(((await refused.json()) as Problem).code).toBe('budget_exceeded');
    await server.close();
  });

  test('a question too long for the budget is refused before it costs anything', async () => {
    const server = await startTestServer({ GUEST_TOKEN_LIMIT: '1000' });
    const guest = await server.guest();
    const before: Me = await guest.me();
    const { id } = await guest.createChat();
    const content = '水'.repeat(900);
    const refused = await guest.send('POST', `/api/chats/${id}/messages`, { content });
    expect(refused.status).toBe(403);
    expect(await guest.me()).toEqual(before);
    expect(await guest.messages(id)).toEqual([]);
    expect(server.simulator.log()).toEqual([]);
    await server.close();
  });
});
