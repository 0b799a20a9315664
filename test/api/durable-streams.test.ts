import { stream } from '@durable-streams/client';
import type { NumberedEvent } from '@millrace/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readEvents } from '../support/caller.ts';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

let server: TestServer;
let ada: Caller;
beforeAll(async () => {
  server = await startTestServer();
  ada = await server.guest();
});
afterAll(() => server.close());
afterEach(() => server.simulator.reset());

/** A message of the stream. */
interface Read {
  id: string;
  event: NumberedEvent['event'];
  data: Record<string, unknown>;
}

const SLOW = { chunks: Array.from({ length: 25 }, (_item, index) => `${index} 水 `), chunkDelayMs: 15 };

async function begin(): Promise<string> {
  server.simulator.script([SLOW]);
  const { id } = await ada.createChat();
  const response = await ada.send('POST', `/api/chats/${id}/messages`, { content: 'Hi' });
  const { value: meta } = await readEvents(response).next();
  return meta?.generationId ?? '';
}

const pathOf = (generationId: string) => `/api/generations/${generationId}/stream`;

/** Reads with the protocol's own client until the stream is closed. @param count the number of messages after which it leaves */
async function read(
  generationId: string,
  live: false | 'sse' | 'long-poll',
  { offset = '-1', count = Number.POSITIVE_INFINITY } = {},
): Promise<{ messages: Read[]; offset: string }> {
  const headers = { authorization: `Bearer ${ada.token}` };
  const response = await stream<Read>({ url: server.url + pathOf(generationId), headers, live, offset });
  const messages: Read[] = [];
  return new Promise((resolve) => {
    const unsubscribe = response.subscribeJson((batch) => {
      messages.push(...batch.items);
      if (!batch.streamClosed && messages.length < count) return;
      unsubscribe();
      response.cancel();
      resolve({ messages, offset: batch.offset });
    });
  });
}

const textOf = (messages: readonly Read[]) =>
  messages.map(({ event, data }) => (event === 'delta' ? String(data['text']) : '')).join('');

describe('a reply’s log, by the client of Durable Streams', () => {
  test.each(['sse', 'long-poll'] as const)('is read live to its end by %s', async (live) => {
    const id = await begin();
    const { messages } = await read(id, live);
    expect(messages[0]?.event).toBe('meta');
    expect(messages.at(-1)?.event).toBe('done');
    expect(textOf(messages)).toBe(SLOW.chunks.join(''));
    const ids = messages.map((message) => message.id);
    expect(ids).toEqual(ids.map((_id, index) => `${id}:${index + 1}`));
  });

  test.each(['sse', 'long-poll'] as const)(
    'is resumed by %s where a reader left, without gap or repeat',
    async (live) => {
      const id = await begin();
      const first = await read(id, live, { count: 5 });
      const rest = await read(id, live, { offset: first.offset });
      expect(first.messages.length).toBeGreaterThanOrEqual(5);
      expect(textOf([...first.messages, ...rest.messages])).toBe(SLOW.chunks.join(''));
    },
  );

  test('that has ended is read at once, whole and from any offset', async () => {
    const { meta, events } = await ada.ask('Hello');
    const whole = await read(meta.generationId, false);
    expect(whole.messages.at(0)?.data).toEqual(events[0]?.data);
    expect(whole.messages.at(-1)?.data).toEqual(events.at(-1)?.data);
    const first = '1'.padStart(16, '0');
    expect((await read(meta.generationId, false, { offset: first })).messages).toEqual(
      whole.messages.slice(1),
    );
  });
});

describe('over HTTP', () => {
  test('offset=now returns no messages, only the current end', async () => {
    const { meta, events } = await ada.ask('Hello');
    const path = pathOf(meta.generationId);
    const end = String(events.at(-1)?.sequence).padStart(16, '0');
    const response = await ada.fetch(`${path}?offset=now`);
    expect([response.status, await response.text()]).toEqual([200, '[]']);
    const head = await ada.fetch(path, { method: 'HEAD' });
    for (const { headers } of [response, head]) {
      expect(headers.get('stream-next-offset')).toBe(end);
      expect(headers.get('stream-closed')).toBe('true');
      expect(headers.get('cache-control')).toBe('no-store');
    }
    expect((await ada.fetch(`${path}?offset=now&live=long-poll`)).status).toBe(204);
    const live = await ada.fetch(`${path}?offset=now&live=sse`);
    const control = { streamNextOffset: end, upToDate: true, streamClosed: true };
    expect(await live.text()).toBe(`event: control\ndata: ${JSON.stringify(control)}\n\n`);
  });

  test('an unchanged stream is a 304, until it is closed', async () => {
    const id = await begin();
    const open = await ada.fetch(pathOf(id));
    const etag = open.headers.get('etag') ?? '';
    await read(id, 'sse');
    const again = () => ada.fetch(pathOf(id), { headers: { 'if-none-match': etag } });
    const closed = await again();
    expect(closed.status).toBe(200);
    const closedTag = closed.headers.get('etag') ?? '';
    const unchanged = await ada.fetch(pathOf(id), { headers: { 'if-none-match': closedTag } });
    expect([unchanged.status, unchanged.headers.get('stream-closed')]).toEqual([304, 'true']);
  });

  test('a cursor is always greater than the sent cursor', async () => {
    const { meta } = await ada.ask('Hello');
    const path = `${pathOf(meta.generationId)}?offset=-1&live=long-poll`;
    const cursorOf = async (query = '') =>
      Number((await ada.fetch(path + query)).headers.get('stream-cursor'));
    const first = await cursorOf();
    expect(first).toBeGreaterThan(0);
    expect(await cursorOf(`&cursor=${first}`)).toBeGreaterThan(first);
    expect(await cursorOf(`&cursor=${first + 5000}`)).toBeGreaterThan(first + 5000);
  });

  test.each([
    ['?offset=5', 400],
    ['?offset=else', 400],
    ['?live=sse', 400],
    ['?offset=-1&live=else', 400],
    [`?offset=${'9'.repeat(15)}0`, 409],
  ])('%s is a %i', async (query, status) => {
    const { meta } = await ada.ask('Hello');
    expect((await ada.fetch(pathOf(meta.generationId) + query)).status).toBe(status);
  });

  test('another user’s stream is not found', async () => {
    const { meta } = await ada.ask('Hello');
    const bob = await server.guest();
    expect((await bob.fetch(pathOf(meta.generationId))).status).toBe(404);
  });
});
