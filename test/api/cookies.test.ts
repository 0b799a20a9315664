import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../support/raw-request.ts';
import { cookieOf, expectProblem, JSON_TYPE, signUpInBrowser } from '../support/sign-in.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

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
      'a foreign origin without other headers',
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    ],
  ] as [string, Record<string, string>][])('from %s change nothing: 403', async (_name, headers) => {
    const list = async () => (await connection.send('/api/chats', { headers: { cookie } })).body;
    const before = await list();
    expectProblem(await createChat(headers), 403, 'forbidden');
    expect(await list()).toBe(before);
  });

  test('from the server’s own origin, an allowed one or a program are accepted', async () => {
    expect((await createChat({ origin: server.url })).status).toBe(201);
    expect((await createChat({ origin: server.url, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect((await createChat({ origin: ALLOWED, 'sec-fetch-site': 'cross-site' })).status).toBe(201);
    expect((await createChat({})).status).toBe(201);
  });

  test('with an empty Authorization header are still refused from a foreign origin', async () => {
    expectProblem(await createChat({ authorization: '', origin: 'https://evil.example' }), 403, 'forbidden');
    expect((await createChat({ authorization: '', origin: server.url })).status).toBe(201);
  });

  test('are not readable by scripts, and not sent from foreign pages', async () => {
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

  test('an allowed origin may read the headers that a client needs', async () => {
    const answer = await connection.send('/api/me', { headers: { cookie, origin: ALLOWED } });
    expect(answer.headers['access-control-expose-headers']?.split(/, */)).toEqual([
      'set-auth-token',
      'Retry-After',
      'RateLimit-Policy',
      'RateLimit',
      'X-Request-Id',
      'X-Chat-Id',
      'X-Generation-Id',
      'Stream-Next-Offset',
      'Stream-Cursor',
      'Stream-Up-To-Date',
      'Stream-Closed',
      'ETag',
      'Content-Disposition',
    ]);
  });
});

test('cookies are accepted from the public address, even if the proxy uses another host name', async () => {
  const PUBLIC_URL = 'http://chat.example';
  const server = await startTestServer({ PUBLIC_URL });
  const connection = new RawConnection(server.url);
  const post = (path: string, body: object, headers: Record<string, string>) =>
    connection.send(path, {
      method: 'POST',
      headers: { ...JSON_TYPE, origin: PUBLIC_URL, ...headers },
      body: JSON.stringify(body),
    });
  const evil = await post('/api/auth/sign-in/anonymous', {}, { origin: 'https://evil.example' });
  expectProblem(evil, 403, 'forbidden');
  const signedUp = await post('/api/auth/sign-in/anonymous', {}, {});
  const cookie = cookieOf(signedUp);
  expect((await post('/api/chats', {}, { cookie })).status).toBe(201);
  const foreign = await post('/api/chats', {}, { cookie, origin: 'http://evil.example' });
  expectProblem(foreign, 403, 'forbidden');
  connection.close();
  await server.close();
});
