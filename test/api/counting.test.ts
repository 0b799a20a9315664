import { expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';

const countRequests = (server: Awaited<ReturnType<typeof startTestServer>>) =>
  server.simulator.log().filter(({ method }) => method === 'countTokens').length;

test('a reply whose model reports nothing is counted, and what is known isn’t counted again', async () => {
  const server = await startTestServer({ SYSTEM_PROMPT: 'Be brief.' });
  const guest = await server.guest();
  const silent = { text: 'The wheel turns.', usage: 'missing' } as const;
  server.simulator.script([silent, silent]);
  const { last, meta } = await guest.ask('What does it do?');
  expect(last).toMatchObject({ event: 'done', data: { counted: 'counted' } });
  // System prompt, question and reply.
  expect(countRequests(server)).toBe(3);
  await guest.ask('What does it do?');
  expect(countRequests(server)).toBe(3);
  const [, reply] = await guest.messages(meta.chatId);
  expect(reply?.usage?.totalTokens).toBe(
    (reply?.usage?.promptTokens ?? 0) + (reply?.usage?.outputTokens ?? 0),
  );
  expect((await guest.me()).budget).toMatchObject({ reserved: 0, used: 2 * (reply?.tokensUsed ?? 0) });
  await server.close();
});

test('a reply that reports what it used asks for no count', async () => {
  const server = await startTestServer();
  const guest = await server.guest();
  expect((await guest.ask('Hello')).last).toMatchObject({ data: { counted: 'provider' } });
  expect(countRequests(server)).toBe(0);
  await server.close();
});

test('a reply that would use more than was reserved is cut, and its user charged no more', async () => {
  const server = await startTestServer({ GUEST_TOKEN_LIMIT: '400' });
  const guest = await server.guest();
  // A model that heeds no limit.
  server.simulator.script([
    {
      text: 'word '.repeat(5000),
      ignoresMaxOutput: true,
      usage: 'missing',
      chunkDelayMs: 1,
      chunkChars: 40,
    },
  ]);
  const { last, events, meta } = await guest.ask('Write a book');
  expect(last).toMatchObject({ event: 'done', data: { status: 'stopped', finishReason: 'budget' } });
  expect(events.filter(({ event }) => event === 'delta').length).toBeGreaterThan(0);
  const { budget } = await guest.me();
  expect(budget.used).toBeLessThanOrEqual(400);
  expect(budget.reserved).toBe(0);
  const [, reply] = await guest.messages(meta.chatId);
  expect(reply).toMatchObject({ status: 'stopped', finishReason: 'budget' });
  await server.close();
});
