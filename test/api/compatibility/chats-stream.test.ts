import { randomUUID } from 'node:crypto';
import type { EventSourceMessage } from 'eventsource-parser';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Caller } from '../../support/caller.ts';
import { ByteCuttingProxy } from '../../support/byte-cutting-proxy.ts';
import type { Cut } from '../../support/byte-cutting-proxy.ts';
import { dataOf, readReconnecting } from '../../support/standard-reader.ts';
import { startTestServer } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';

const CHUNKS = ['One ', '👩‍🚀\n', '[DONE]', ' three', '\r', '\nfour'];

let server: TestServer;
let caller: Caller;
let chatId: string;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());
beforeEach(async () => {
  server.simulator.reset();
  caller = await server.guest();
  chatId = (await caller.createChat()).id;
});

const pathOf = (id: string) => `/api/chats/${id}/messages/stream`;
const ask = (body: object, headers: Record<string, string> = {}, by = caller) =>
  by.send('POST', pathOf(chatId), body, headers);
const CONTENT = { content: 'Go on' };

async function eventsOf(response: Response): Promise<EventSourceMessage[]> {
  const { events } = await readReconnecting(
    () => Promise.resolve(response),
    ({ event }) => event === 'done' || event === 'error',
  );
  return events;
}

describe('chats-stream', () => {
  test('sends the saved question first and the saved answer last', async () => {
    server.simulator.script([{ chunks: CHUNKS }]);
    const events = await eventsOf(await ask(CONTENT));
    const [question, answer] = await caller.messages(chatId);
    expect(events[0]?.event).toBe('meta');
    expect(JSON.parse(events[0]?.data ?? '')).toMatchObject({
      userMessage: {
        id: question?.id,
        chatId,
        role: 'USER',
        content: 'Go on',
        createdAt: question?.createdAt,
      },
    });
    expect(events.at(-1)?.event).toBe('done');
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({
      aiMessage: { id: answer?.id, chatId, role: 'ASSISTANT', content: CHUNKS.join(''), status: 'COMPLETED' },
    });
    expect(events.slice(1, -1).every(({ event }) => event === undefined)).toBe(true);
  });

  test.each([
    ['before the first token', ['503'] as const, '', []],
    [
      'after some text',
      [{ chunks: ['One ', 'two'], fault: { kind: 'reset', afterChunks: 1 } }] as const,
      'One ',
      ['One '],
    ],
  ])('sends an error event when the model fails %s', async (_when, script, content, said) => {
    server.simulator.script([...script]);
    const events = await eventsOf(await ask(CONTENT));
    expect(dataOf(events)).toEqual(said);
    expect(events.at(-1)?.event).toBe('error');
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({
      message: expect.stringMatching(/\w/),
      code: expect.stringMatching(/^model_/),
      aiMessage: { role: 'ASSISTANT', content, status: 'FAILED' },
    });
  });

  test('refuses unsupported requests with a problem', async () => {
    const refusals: [Promise<Response>, number][] = [
      [ask({}), 400],
      [ask({ content: ' ' }), 400],
      [ask(CONTENT, {}, await server.guest()), 404],
      [caller.send('POST', pathOf('nonsense'), CONTENT), 400],
      [fetch(server.url + pathOf(chatId), { method: 'POST' }), 401],
      [ask(CONTENT, { 'last-event-id': '0VbZShiBBYJk3RQE:1' }), 400],
    ];
    for (const [pending, status] of refusals) {
      const response = await pending;
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.status).toBe(status);
    }
    expect(server.simulator.log()).toEqual([]);
  });

  test('sends no thoughts, and sends the text after them', async () => {
    server.simulator.script([{ thoughts: ['Hm', ' so'], chunks: ['One', ' two'], chunkDelayMs: 20 }]);
    const events = await eventsOf(await ask(CONTENT));
    expect(dataOf(events)).toEqual(['One', ' two']);
    expect(events.map(({ event }) => event)).toEqual(['meta', undefined, undefined, 'done']);
  });

  test('can be stopped by the id in the response header', async () => {
    server.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'stall', afterChunks: 1 } }]);
    const response = await ask(CONTENT);
    const reading = eventsOf(response);
    const generationId = response.headers.get('x-generation-id') ?? '';
    await caller.json('POST', `/api/generations/${generationId}/stop`);
    const end = (await reading).at(-1);
    expect(JSON.parse(end?.data ?? '')).toMatchObject({ aiMessage: { status: 'STOPPED' } });
  });
});

/** The POST endpoints, each with a path and body that sends the same message. */
const POSTS: [string, () => [path: string, body: object]][] = [
  ['chats-stream', () => [pathOf(chatId), CONTENT]],
  ['next-hook', () => ['/api/chat/stream', { message: 'Go on' }]],
  ['message-api', () => [`/api/chat/${chatId}/message`, { message: 'Go on' }]],
  ['nest-chat', () => ['/chat/stream', { message: 'Go on' }]],
];

describe.each(POSTS)('a client of %s that repeats its POST with Last-Event-ID', (_name, requestOf) => {
  async function readThrough(cut: Cut) {
    server.simulator.script([{ chunks: CHUNKS }]);
    const proxy = await ByteCuttingProxy.to(server.url, cut);
    const throughProxy = new Caller(proxy.url, caller.token);
    const [path, body] = requestOf();
    const key = randomUUID();
    const reading = await readReconnecting(
      (headers) => throughProxy.send('POST', path, body, { 'idempotency-key': key, ...headers }),
      () => false,
    );
    await proxy.close();
    return { ...reading, data: dataOf(reading.events) };
  }

  test('gets each event once when the connection is cut between two writes', async () => {
    const whole = await readThrough(() => null);
    for (const count of [1, 2, 3]) {
      const cut: Cut = (sent) => {
        const ids = [...sent.toString('latin1').matchAll(/^id: \S+\n\n/gm)];
        const last = ids[count];
        return last === undefined ? null : last.index + last[0].length;
      };
      const { data, connections } = await readThrough(cut);
      expect(connections).toBeGreaterThan(2);
      expect(textsOf(data)).toEqual(textsOf(whole.data));
    }
  });

  test('gets the whole text when the connection is cut at any byte', async () => {
    const expected = textsOf((await readThrough(() => null)).data);
    for (let position = 700; position < 2000; position += 31) {
      let hasCut = false;
      const { data } = await readThrough((sent) => {
        if (sent.length < position || hasCut) return null;
        hasCut = true;
        return position;
      });
      // An event whose id was cut off is sent again.
      const texts = textsOf(data).filter((text, index, all) => text !== all[index - 1]);
      expect({ position, texts }).toEqual({ position, texts: expected });
    }
  });
});

/** The data without the end, which differs from reply to reply. */
function textsOf(data: readonly string[]): string[] {
  return data.filter((text) => !text.startsWith('{"done"'));
}
