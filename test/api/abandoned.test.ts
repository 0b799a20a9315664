import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEvents } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(
    { STOP_UNREAD_AFTER: '300ms' },
    { pace: { chunkDelayMs: 10, chunkChars: 20 } },
  );
});
afterAll(() => server.close());

test('a reply without readers for STOP_UNREAD_AFTER is stopped, and a reply with a reader continues', async () => {
  const caller = await server.guest();
  const content = 'x'.repeat(2000);
  const [left, read] = [await caller.createChat(), await caller.createChat()];
  const leave = new AbortController();
  const abandoned = await caller.fetch(`/api/chats/${left.id}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ content: 'x'.repeat(20_000) }),
    signal: leave.signal,
  });
  const { value: meta } = await readEvents(abandoned).next();
  leave.abort();

  const reply = await caller.ask(content, read.id);
  expect(reply.last).toMatchObject({ event: 'done', data: { status: 'completed' } });
  await until('the abandoned reply has ended', async () => {
    return (await caller.generation(meta?.generationId ?? '')).status !== 'running';
  });
  expect(await caller.generation(meta?.generationId ?? '')).toMatchObject({ status: 'stopped' });
  const stopped = server.simulator.log().find((entry) => entry.closedByClientAt !== undefined);
  expect(stopped).toBeDefined();
});
