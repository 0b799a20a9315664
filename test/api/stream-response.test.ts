import type { EventData } from '@millrace/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { readEvents } from '../support/caller.ts';

let server: TestServer;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());

/** The requests whose response is a stream, for a reply that was cut off after some text. */
const STREAMS: [string, (of: EventData['meta']) => { method: string; path: string; body?: object }][] = [
  [
    'a message',
    ({ chatId }) => ({ method: 'POST', path: `/api/chats/${chatId}/messages`, body: { content: 'Hello' } }),
  ],
  [
    'a regenerated reply',
    (of) => ({ method: 'POST', path: `/api/messages/${of.assistantMessage.id}/regenerate` }),
  ],
  [
    'a continued reply',
    (of) => ({ method: 'POST', path: `/api/messages/${of.assistantMessage.id}/continue` }),
  ],
  ['a replayed reply', (of) => ({ method: 'GET', path: `/api/generations/${of.generationId}/events` })],
  ['a chat’s channel', ({ chatId }) => ({ method: 'GET', path: `/api/chats/${chatId}/events` })],
];

test.each(STREAMS)(
  'the stream of %s has headers against buffering and transformation, and is not compressed',
  async (_name, call) => {
    const caller = await server.guest();
    server.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'reset' } }]);
    const { method, path, body } = call((await caller.ask('Count')).meta);
    const leave = new AbortController();
    const response = await caller.fetch(path, {
      method,
      signal: leave.signal,
      headers: { 'accept-encoding': 'gzip, br', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('content-length')).toBeNull();
    leave.abort();
  },
);

test('a stream begins while the model is still silent', async () => {
  const caller = await server.guest();
  const { id } = await caller.createChat();
  server.simulator.script(['hang']);
  const response = await caller.send('POST', `/api/chats/${id}/messages`, { content: 'Hello' });
  const { value: first } = await readEvents(response).next();
  expect(first).toMatchObject({ event: 'meta', sequence: 1, data: { chatId: id } });
  await caller.send('DELETE', `/api/chats/${id}`);
});

test('generation ids are unique, even within one millisecond', async () => {
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
