import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

let server: TestServer;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());

test('the answer to a question is a stream of meta, deltas and done', async () => {
  const caller = await server.guest();
  const reply = await caller.ask('Hello over there, how are you today? '.repeat(20).trim());
  expect(reply.events[0]?.event).toBe('meta');
  expect(reply.events.map(({ sequence }) => sequence)[0]).toBe(1);
  expect(reply.last).toMatchObject({ event: 'done', data: { status: 'completed', finishReason: 'stop' } });
  expect(reply.text).toBe('Hello over there, how are you today? '.repeat(20).trim());
  const [question, answer] = await caller.messages(reply.meta.chatId);
  expect(question?.parts).toEqual([{ type: 'text', text: reply.text }]);
  expect(answer).toMatchObject({
    status: 'completed',
    parts: [{ type: 'text', text: reply.text }],
    usageSource: 'provider',
  });
});
