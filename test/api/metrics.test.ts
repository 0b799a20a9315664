import { expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';

test('a request’s metric has the route that answered', async () => {
  const server = await startTestServer();
  const caller = await server.guest();
  const { meta } = await caller.ask('Hello');
  await caller.fetch(`/api/chats/${meta.chatId}`);
  await caller.fetch('/api/chats/42');
  await caller.fetch('/api/nothing');
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const counted = [...metrics.matchAll(/^millrace_http_request_seconds_count\{(.*)\} (\d+)$/gm)].map(
    ([, labels, count]) => `${labels} ${count}`,
  );
  expect(counted).toEqual(
    expect.arrayContaining([
      'method="POST",route="/api/auth/sign-in/anonymous",status="200" 1',
      'method="POST",route="/api/chats",status="201" 1',
      'method="POST",route="/api/chats/:chatId/messages",status="200" 1',
      'method="GET",route="/api/chats/:chatId",status="200" 1',
      'method="GET",route="/api/chats/:chatId",status="400" 1',
      'method="GET",route="/api/*",status="404" 1',
    ]),
  );
  await server.close();
});

test.each([{ PUBLIC_URL: 'http://localhost:4000' }, { TRUST_PROXY: '1' }])(
  'with %o, where a local connection may be a proxy’s, metrics are for administrators',
  async (environment) => {
    const server = await startTestServer(environment);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
    expect((await (await server.guest()).fetch('/metrics')).status).toBe(403);
    await server.close();
  },
);

test('an administrator may read the metrics through a proxy', async () => {
  const server = await startTestServer({ PUBLIC_URL: 'http://localhost:4000' });
  const administrator = await server.user();
  expect((await administrator.fetch('/metrics')).status).toBe(200);
  await server.close();
});
