import type { GenerationState } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { readEvents, readReply, textOf } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const countRequests = (server: TestServer) =>
  server.simulator.log().filter(({ method }) => method === 'countTokens');

test('a reply without reported usage is counted, and known counts are reused', async () => {
  const server = await startTestServer({ SYSTEM_PROMPT: 'Be brief.' });
  const guest = await server.guest();
  const silent = { text: 'The wheel turns.', usage: 'missing' } as const;
  server.simulator.script([silent, silent]);
  const { last, meta } = await guest.ask('What does it do?');
  expect(last).toMatchObject({ event: 'done', data: { usageSource: 'tokenizer' } });
  // System prompt, question and reply.
  expect(countRequests(server)).toHaveLength(3);
  await guest.ask('What does it do?');
  expect(countRequests(server)).toHaveLength(3);
  const [, reply] = await guest.messages(meta.chatId);
  expect(reply?.usage?.totalTokens).toBe(
    (reply?.usage?.promptTokens ?? 0) + (reply?.usage?.outputTokens ?? 0),
  );
  expect((await guest.me()).budget).toMatchObject({ reserved: 0, used: 2 * (reply?.tokensUsed ?? 0) });
  await server.close();
});

test('a reply with reported usage requests no count', async () => {
  const server = await startTestServer();
  const guest = await server.guest();
  expect((await guest.ask('Hello')).last).toMatchObject({ data: { usageSource: 'provider' } });
  expect(countRequests(server)).toEqual([]);
  await server.close();
});

describe('while the counting service never answers', () => {
  const openCounts = (server: TestServer) =>
    countRequests(server).filter(({ status, closedByClientAt }) => status === undefined && !closedByClientAt);
  const leftCounts = (server: TestServer) =>
    countRequests(server).filter(({ closedByClientAt }) => closedByClientAt !== undefined);

  test('text is streamed, and a stop is answered with the text so far', async () => {
    const server = await startTestServer({ SYSTEM_PROMPT: 'Be brief.' });
    server.simulator.counting('hang');
    const guest = await server.guest();
    const chunks = ['One ', 'two ', 'three.'];
    server.simulator.script([{ chunks, usage: 'missing', fault: { kind: 'stall', afterChunks: 2 } }]);
    const { id } = await guest.createChat();
    const response = await guest.send('POST', `/api/chats/${id}/messages`, { content: 'Count' });
    const events = [];
    let isStopped = false;
    for await (const event of readEvents(response)) {
      events.push(event);
      if (isStopped || textOf(events, 'delta') !== 'One two ') continue;
      isStopped = true;
      // System prompt and question.
      await until('the service has both count requests', () => openCounts(server).length === 2);
      const state = await guest.json('POST', `/api/generations/${event.generationId}/stop`);
      expect(state).toMatchObject({ status: 'stopped', usageSource: 'estimate', tokensUsed: 3 + 5 + 10 + 4 });
    }
    expect(isStopped).toBe(true);
    await until('the count requests are closed', () => leftCounts(server).length === 2);
    await server.close();
  });

  test('a reply still ends, with an estimate', async () => {
    const server = await startTestServer({ SYSTEM_PROMPT: 'Be brief.' });
    server.simulator.counting('hang');
    const guest = await server.guest();
    server.simulator.script([{ chunks: ['One ', 'two'], usage: 'missing' }]);
    const { last, text } = await guest.ask('Count');
    expect(text).toBe('One two');
    expect(last).toMatchObject({
      event: 'done',
      data: { status: 'completed', usageSource: 'estimate', tokensUsed: 3 + 5 + 10 + 4 },
    });
    await until('the count requests are closed', () => leftCounts(server).length === 3);
    expect(openCounts(server)).toEqual([]);
    await server.close();
  });

  test('a stop is answered also when the reply has ended and waits for its counts', async () => {
    const server = await startTestServer();
    server.simulator.counting('hang');
    const guest = await server.guest();
    server.simulator.script([{ chunks: ['One ', 'two'], usage: 'missing' }]);
    const { id } = await guest.createChat();
    const reading = guest.send('POST', `/api/chats/${id}/messages`, { content: 'Count' }).then(readReply);
    await until('the service has the count request', () => countRequests(server).length === 2);
    const generationId = (await guest.messages(id)).at(-1)?.generationId ?? '';
    const state = await guest.json<GenerationState>('POST', `/api/generations/${generationId}/stop`);
    expect(state).toMatchObject({ status: 'completed', usageSource: 'estimate', tokensUsed: 3 + 10 + 4 });
    expect((await reading).last).toMatchObject({ event: 'done', data: { status: 'completed' } });
    await server.close();
  });
});

test('a reply that would use more than its reservation is cut, and charged no more than that', async () => {
  const server = await startTestServer({ GUEST_TOKEN_LIMIT: '400' });
  const guest = await server.guest();
  // A model that ignores its limit.
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
