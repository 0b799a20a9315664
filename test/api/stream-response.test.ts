import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { readReply } from '../support/caller.ts';

let server: TestServer;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());

test('a stream asks everything in between neither to hold it back nor to change it, and is not compressed', async () => {
  const caller = await server.guest();
  const chat = await caller.createChat();
  const body = { content: 'Hello' };
  const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, body, {
    'accept-encoding': 'gzip, br',
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('content-encoding')).toBeNull();
  expect((await readReply(response)).text).toBe('Hello');
});

test('a generation id is never used again: an id of the same millisecond names another reply', async () => {
  const caller = await server.guest();
  const replies = await Promise.all(Array.from({ length: 50 }, () => caller.ask('Hello')));
  expect(new Set(replies.map(({ meta }) => meta.generationId)).size).toBe(50);
});

test('a hundred replies of two hundred chunks at once arrive exactly, each to its own reader', async () => {
  const caller = await server.guest();
  const texts = Array.from({ length: 100 }, (_item, index) =>
    Array.from({ length: 200 }, (_chunk, chunk) => `reply ${index} chunk ${chunk} 水車 🎡\n`),
  );
  server.simulator.script(texts.map((chunks) => ({ chunks })));
  const replies = await Promise.all(texts.map(() => caller.ask('go')));
  const expected = texts.map((chunks) => chunks.join(''));
  expect(replies.map(({ text }) => text).toSorted()).toEqual(expected.toSorted());
  for (const { last } of replies)
    expect(last).toMatchObject({ event: 'done', data: { status: 'completed' } });
});
