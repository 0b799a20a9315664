import type { NewApiKey } from '@millrace/protocol';
import { afterAll, expect, test } from 'vitest';
import { routeDefinitions } from '../support/routes.ts';
import { startTestServer } from '../support/test-server.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const PARAMETER = /:(\w+)(?:\{[^}]*\})?/g;

const server = await startTestServer();
afterAll(() => server.close());
const ada = await server.user();
// A key can't sign its user out.
const { key } = await ada.json<NewApiKey>('POST', '/api/keys', { name: 'walk' });

async function send(method: string, path: string): Promise<{ status: number; allow: string | null }> {
  const leave = new AbortController();
  const headers = { authorization: `Bearer ${key}` };
  const { status, headers: answered } = await fetch(server.url + path, {
    method,
    headers,
    signal: leave.signal,
  });
  leave.abort();
  return { status, allow: answered.get('allow') };
}

const documented = routeDefinitions().flatMap(({ routes }) => routes.map(({ path }) => path));
const others = ['/api/auth/list-sessions', '/api/auth/change-password', '/api/auth/reset-password/x'];

test.each([...new Set([...documented, ...others])])(
  '%s refuses exactly the methods that Allow doesn’t name',
  async (pattern) => {
    const path = pattern.replaceAll(PARAMETER, '01890000-0000-7000-8000-000000000000');
    const answers = await Promise.all(
      METHODS.map(async (method) => ({ method, ...(await send(method, path)) })),
    );
    const taken = answers.filter(({ status }) => status !== 405).map(({ method }) => method);
    expect(taken).not.toEqual([]);
    for (const { method, status, allow } of answers) {
      if (status === 405) expect({ method, allow }).toEqual({ method, allow: taken.join(', ') });
    }
  },
);

test.each([
  ['/api/auth/sign-in/email', 'POST'],
  ['/api/auth/get-session', 'GET'],
  ['/api/auth/list-sessions', 'GET'],
  ['/api/chats/import', 'POST'],
  ['/api/chat/token-stats', 'GET'],
])('%s takes %s alone', async (path, method) => {
  expect(await send('PUT', path)).toEqual({ status: 405, allow: method });
  const [other = ''] = METHODS.filter((each) => each !== method);
  expect(await send(other, path)).toEqual({ status: 405, allow: method });
});

test('a path below /api/auth that has no route is a 404 for every method', async () => {
  for (const method of METHODS) {
    expect(await send(method, '/api/auth/nothing')).toEqual({ status: 404, allow: null });
  }
});
