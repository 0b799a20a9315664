import type { NumberedEvent } from '@millrace/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Caller, readEvents } from '../support/caller.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { geminiEvent, pngOf } from '../support/images.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { prepareOrders } from '../support/storage-fault.ts';
import { until } from '../support/until.ts';

const PNG = Buffer.concat([pngOf(40, 30, [15, 107, 100]), Buffer.alloc(300_000, 'noise')]);

let model: HandFedModel;
let place: Awaited<ReturnType<typeof prepareOrders>>;
let server: ServerProcess;
let caller: Caller;
beforeEach(async () => {
  model = await HandFedModel.start();
  place = await prepareOrders('full', model.url);
  server = await place.start();
  caller = await Caller.asGuest(server.url);
});
afterEach(async () => {
  await server.kill();
  await model.close();
  await place.remove();
});

/** Starts a reply. Resolves once the model can send its chunks, with the events as they arrive. */
async function startReply() {
  const chat = await caller.createChat();
  const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: 'Paint' });
  const seen: NumberedEvent[] = [];
  const rest = (async () => {
    try {
      for await (const event of readEvents(response)) seen.push(event);
    } catch (cut) {
      // Only the events before the kill matter.
      if (!(cut instanceof Error)) throw cut;
    }
  })();
  await until('the model has the request', () => model.isAsked);
  const sees = (name: string) => until(`${name} was seen`, () => seen.some(({ event }) => event === name));
  return { chatId: chat.id, seen, rest, sees };
}

const urlIn = (events: readonly NumberedEvent[]) =>
  events.flatMap((event) => (event.event === 'media' ? [event.data.url] : []))[0] ?? '';

async function expectServed(reader: Caller, url: string): Promise<void> {
  const response = await reader.fetch(url);
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer()).equals(PNG)).toBe(true);
}

test('an image that a reader has received survives a kill of the server right after', async () => {
  const { chatId, seen, rest, sees } = await startReply();
  model.say(geminiEvent('Look: '), geminiEvent(PNG));
  await sees('media');
  await server.kill();
  await rest;
  server = await place.start();
  const again = new Caller(server.url, caller.token);
  await expectServed(again, urlIn(seen));
  const [{ generationId } = { generationId: '' }] = seen;
  const replay = await again.replay(generationId);
  expect(urlIn(replay.events)).toBe(urlIn(seen));
  expect(replay.last).toMatchObject({ event: 'error', data: { status: 'interrupted' } });
  const [, message] = await again.messages(chatId);
  expect(message?.parts).toMatchObject([
    { type: 'text', text: 'Look: ' },
    { type: 'media', url: urlIn(seen) },
  ]);
});

test('an image of a killed server is served by its successor', async () => {
  const { seen, rest } = await startReply();
  model.say(geminiEvent(PNG, { isLast: true }));
  model.end();
  await rest;
  expect(seen.at(-1)).toMatchObject({ event: 'done' });
  expect(await server.terminate()).toBe(0);
  server = await place.start();
  await expectServed(new Caller(server.url, caller.token), urlIn(seen));
});

test('a full disk during an image fails the reply, whose text is stored', async () => {
  const { chatId, seen, rest, sees } = await startReply();
  model.say(geminiEvent('Look: '));
  await sees('delta');
  await place.begin();
  model.say(geminiEvent(PNG), geminiEvent('Nice?'));
  await until('the reply has failed', () => server.output().includes('reply failed'));
  expect(server.output()).toContain('database or disk is full');
  await place.end();
  await rest;
  expect(seen.map(({ event }) => event)).toEqual(['meta', 'delta', 'error']);
  expect(seen.at(-1)).toMatchObject({
    data: {
      status: 'failed',
      code: 'storage_failed',
      partial: { parts: [{ type: 'text', text: 'Look: ' }] },
    },
  });
  const [, message] = await caller.messages(chatId);
  expect(message).toMatchObject({ status: 'failed', parts: [{ type: 'text', text: 'Look: ' }] });
  expect((await caller.me()).budget.reserved).toBe(0);
});

test('a reply that is stopped while storage refuses an image is stopped, without the image', async () => {
  const { chatId, seen, rest, sees } = await startReply();
  model.say(geminiEvent('Look: '));
  await sees('delta');
  await place.begin();
  model.say(geminiEvent(PNG));
  const [{ generationId } = { generationId: '' }] = seen;
  const stopped = caller.send('POST', `/api/generations/${generationId}/stop`);
  await until('the reply has ended', () => server.output().includes('reply ended'));
  await place.end();
  await stopped;
  await rest;
  expect(seen.at(-1)).toMatchObject({ event: 'done', data: { status: 'stopped' } });
  const [, message] = await caller.messages(chatId);
  expect(message?.parts).toEqual([{ type: 'text', text: 'Look: ' }]);
});
