import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../support/raw-request.ts';
import { cookieOf, expectProblem, JSON_TYPE } from '../support/sign-in.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

/** A guest's sign-in from a page at the given host: with that origin, and without a cookie. */
async function signInAt(server: TestServer, host: string) {
  const connection = new RawConnection(server.url);
  const headers = { ...JSON_TYPE, host, origin: `http://${host}` };
  const answer = await connection.send('/api/auth/sign-in/anonymous', {
    method: 'POST',
    headers,
    body: '{}',
  });
  connection.close();
  return answer;
}

async function ask(server: TestServer, path: string, host: string) {
  const connection = new RawConnection(server.url);
  const answer = await connection.send(path, { headers: { host } });
  connection.close();
  return answer;
}

describe('a server that only this machine can reach', () => {
  let server: TestServer;
  beforeAll(async () => void (server = await startTestServer()));
  afterAll(() => server.close());

  test('refuses a page whose host name was rebound to this machine', async () => {
    const answer = await signInAt(server, 'evil.example:4711');
    expect(expectProblem(answer, 403, 'forbidden').detail).toContain('set PUBLIC_URL');
    for (const path of ['/api/session-options', '/api/me', '/metrics']) {
      expectProblem(await ask(server, path, 'evil.example'), 403, 'forbidden');
    }
  });

  test.each(['localhost:4711', '127.0.0.1:4711', '[::1]:4711', 'localhost'])(
    'is found as %s',
    async (host) => {
      expect((await signInAt(server, host)).status).toBe(200);
    },
  );
});

test('a server with a public address accepts that host name and loopback names, and no others', async () => {
  const server = await startTestServer({ PUBLIC_URL: 'http://chat.example' });
  expect((await signInAt(server, 'chat.example')).status).toBe(200);
  expect((await ask(server, '/api/session-options', '127.0.0.1:4000')).status).toBe(200);
  expectProblem(await ask(server, '/api/session-options', 'evil.example'), 403, 'forbidden');
  await server.close();
});

test.each([{ TRUST_PROXY: '1' }, { HOST: '0.0.0.0' }])(
  'with %o a server accepts any host name, and requests only from pages of the same name',
  async (environment) => {
    const server = await startTestServer(environment);
    const host = 'chat.lan:4000';
    const signedIn = await signInAt(server, host);
    expect(signedIn.status).toBe(200);
    const connection = new RawConnection(server.url);
    const signOut = (origin: string) => {
      const headers = { ...JSON_TYPE, host, origin, cookie: cookieOf(signedIn) };
      return connection.send('/api/auth/sign-out', { method: 'POST', headers, body: '{}' });
    };
    for (const origin of ['https://evil.example', 'http://localhost', 'null']) {
      expectProblem(await signOut(origin), 403, 'forbidden');
    }
    expect((await signOut(`http://${host}`)).status).toBe(200);
    connection.close();
    await server.close();
  },
);
