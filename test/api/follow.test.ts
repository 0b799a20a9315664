import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NumberedEvent } from '@millrace/protocol';
import { readEvents, readReply, textOf } from '../support/caller.ts';
import type { Caller, ReadReply } from '../support/caller.ts';
import { chunk } from '../support/hand-fed-chunk.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { seededRandom } from '../support/random.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { readWithBreaks } from '../support/read-with-breaks.ts';
import { until } from '../support/until.ts';

let server: TestServer;
let caller: Caller;
beforeAll(async () => {
  server = await startTestServer();
  caller = await server.guest();
});
afterAll(() => server.close());
beforeEach(() => server.simulator.reset());

const CHUNKS = Array.from({ length: 40 }, (_, index) => `${index} 水👩‍🚀 `);

async function askFor(chunks: readonly string[], thoughts: readonly string[] = []): Promise<ReadReply> {
  server.simulator.script([{ chunks, thoughts }]);
  return caller.ask('Go on');
}

/** Reads a reply after a sequence number, with `Last-Event-ID`. The reply may be running. */
async function followFrom(generationId: string, after: number, reader = caller): Promise<ReadReply> {
  const headers = { 'last-event-id': `${generationId}:${after}` };
  return readReply(await reader.fetch(`/api/generations/${generationId}/events`, { headers }));
}

function expectAscending(events: readonly NumberedEvent[], after: number): void {
  let last = after;
  for (const { sequence } of events) {
    expect(sequence).toBeGreaterThan(last);
    last = sequence;
  }
}

test('a replay after any event contains exactly the following events', async () => {
  const thoughts = ['Let me ', 'think. '];
  const { meta, last } = await askFor(CHUNKS, thoughts);
  expect(last.sequence).toBeGreaterThan(CHUNKS.length + thoughts.length);
  let previous = await caller.replay(meta.generationId, 0);
  expect(previous).toMatchObject({ text: CHUNKS.join(''), thoughts: thoughts.join(''), last });
  const pieces: string[] = [];
  for (let after = 1; after < last.sequence; after += 1) {
    const rest = await caller.replay(meta.generationId, after);
    expectAscending(rest.events, after);
    expect(rest.last).toEqual(last);
    expect(previous.text.endsWith(rest.text)).toBe(true);
    expect(previous.thoughts.endsWith(rest.thoughts)).toBe(true);
    pieces.push(
      previous.thoughts.slice(0, previous.thoughts.length - rest.thoughts.length) +
        previous.text.slice(0, previous.text.length - rest.text.length),
    );
    previous = rest;
  }
  // Each event of the log is one chunk of the model, and each was the cursor once.
  expect(pieces.filter((piece) => piece !== '')).toEqual([...thoughts, ...CHUNKS]);
});

test('a merged frame has the id of its last event', async () => {
  const { meta, last } = await askFor(CHUNKS);
  const { events } = await caller.replay(meta.generationId);
  const frames = events.filter(({ event }) => event === 'delta');
  expect(frames.length).toBeLessThan(CHUNKS.length);
  for (const frame of frames) {
    const rest = await caller.replay(meta.generationId, frame.sequence);
    const sent = textOf(
      events.filter(({ sequence }) => sequence <= frame.sequence),
      'delta',
    );
    expect(sent + rest.text).toBe(CHUNKS.join(''));
  }
  expect(events.at(-1)).toEqual(last);
});

test('Last-Event-ID and ?after= mean the same, and the header takes precedence', async () => {
  const { meta } = await askFor(CHUNKS);
  const byQuery = await caller.replay(meta.generationId, 7);
  const byHeader = await followFrom(meta.generationId, 7);
  expect(byHeader.events).toEqual(byQuery.events);
  const headers = { 'last-event-id': `${meta.generationId}:7` };
  const both = await caller.fetch(`/api/generations/${meta.generationId}/events?after=2`, { headers });
  expect((await readReply(both)).events).toEqual(byQuery.events);
});

test('readers that join a running reply at any cursor, leave and return get no gap and no repeat', async () => {
  const model = await HandFedModel.start();
  const fed = await startTestServer({ GEMINI_BASE_URL: model.url });
  const guest = await fed.guest();
  const { id } = await guest.createChat();
  const reading = readEvents(await guest.send('POST', `/api/chats/${id}/messages`, { content: 'Go on' }));
  const events: NumberedEvent[] = [];
  const read = async () => {
    const { value } = await reading.next();
    if (value !== undefined) events.push(value);
    return value;
  };
  const meta = await read();
  if (meta === undefined) throw new Error('The reply has no events');
  const { generationId } = meta;
  const wanderer = readWithBreaks(guest, generationId, seededRandom(1));
  await until('the model is asked', () => model.isAsked);

  const random = seededRandom(20_261_121);
  const joined: { after: number; reply: Promise<ReadReply> }[] = [];
  let said = '';
  while (joined.length < 40) {
    // A busy machine merges the chunks of a burst, so readers join after bursts and not after a number of events.
    for (let chunks = Math.ceil(random() * 12); chunks > 0; chunks -= 1) {
      const text = `[${said.length}]`;
      said += text;
      model.say(chunk(text));
      await nextTurn();
    }
    while (textOf(events, 'delta') !== said) if ((await read()) === undefined) break;
    const after = Math.floor(random() * ((events.at(-1)?.sequence ?? 0) + 1));
    // The next burst arrives while this reader is being added.
    joined.push({ after, reply: followFrom(generationId, after, guest) });
  }
  model.say(chunk('.', 'STOP'));
  model.end();
  while ((await read()) !== undefined);

  expect(textOf(events, 'delta')).toBe(`${said}.`);
  expect(await wanderer).toBe(`${said}.`);
  for (const { after, reply } of joined) {
    const { events: received, text, last } = await reply;
    expectAscending(received, after);
    expect(last).toEqual(events.at(-1));
    expect(text).toBe((await guest.replay(generationId, after)).text);
  }
  await fed.close();
  await model.close();
});

test('a cursor at the last event gets a 204', async () => {
  const { meta, last } = await askFor(CHUNKS);
  const path = `/api/generations/${meta.generationId}/events?after=${last.sequence}`;
  const response = await caller.fetch(path);
  expect(response.status).toBe(204);
  expect(await response.text()).toBe('');
});

test('a POST repeated with Last-Event-ID continues the reply, without a request to the model', async () => {
  const { meta, last } = await askFor(CHUNKS);
  const { chatId, generationId } = meta;
  const send = (after: number) =>
    caller.send(
      'POST',
      `/api/chats/${chatId}/messages`,
      { content: 'Go on' },
      { 'last-event-id': `${generationId}:${after}` },
    );
  const continued = await readReply(await send(5));
  expect(continued.events).toEqual((await caller.replay(generationId, 5)).events);
  expect((await readReply(await send(0))).text).toBe(CHUNKS.join(''));
  expect((await send(last.sequence)).status).toBe(204);
  expect(server.simulator.log()).toHaveLength(1);
  expect(await caller.messages(chatId)).toHaveLength(2);
});

test('a regenerate request repeated with Last-Event-ID continues that reply, without a request to the model', async () => {
  const first = await askFor(['first']);
  const messageId = first.meta.assistantMessage.id;
  server.simulator.script([{ chunks: CHUNKS }]);
  const path = `/api/messages/${messageId}/regenerate`;
  const sibling = await readReply(await caller.send('POST', path));
  const headers = { 'last-event-id': `${sibling.meta.generationId}:3` };
  const continued = await readReply(await caller.send('POST', path, undefined, headers));
  expect(continued.events).toEqual((await caller.replay(sibling.meta.generationId, 3)).events);
  expect(server.simulator.log()).toHaveLength(2);
  expect(await caller.messages(first.meta.chatId)).toHaveLength(3);
});

test('fifty readers of a running reply all get the same', async () => {
  server.simulator.script([{ chunks: CHUNKS, chunkDelayMs: 5 }]);
  const { id } = await caller.createChat();
  const response = await caller.send('POST', `/api/chats/${id}/messages`, { content: 'Go on' });
  const [, answer] = await caller.messages(id);
  const others = Array.from({ length: 50 }, () => followFrom(answer?.generationId ?? '', 0));
  const own = await readReply(response);
  expect(own.text).toBe(CHUNKS.join(''));
  for (const other of await Promise.all(others)) {
    expect(other).toMatchObject({ text: own.text, last: own.last, meta: own.meta });
  }
  expect(server.simulator.log()).toHaveLength(1);
});

test('a stream’s headers name its type, and forbid proxies to buffer it', async () => {
  const { meta } = await askFor(['Hi']);
  const { headers } = await caller.fetch(`/api/generations/${meta.generationId}/events`);
  expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(headers.get('x-accel-buffering')).toBe('no');
});

test('an idle stream sends heartbeats, which are not events', async () => {
  const quiet = await startTestServer({ HEARTBEAT_MS: '30' });
  const guest = await quiet.guest();
  quiet.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'stall' } }]);
  const { id } = await guest.createChat();
  const response = await guest.send('POST', `/api/chats/${id}/messages`, { content: 'Count' });
  let wire = '';
  for await (const bytes of response.body ?? []) {
    wire += Buffer.from(bytes).toString();
    if (wire.split(': heartbeat\n\n').length > 3) break;
  }
  expect(wire).toContain('"One "');
  await quiet.close();
});
