import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { GenerationState } from '@millrace/protocol';
import { readEvents, readReply, textOf } from '../support/caller.ts';
import type { Caller, ReadReply } from '../support/caller.ts';
import { textIn } from '../support/replayed-reply.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
let caller: Caller;
beforeAll(async () => {
  server = await startTestServer();
  caller = await server.guest();
});
afterAll(() => server.close());
beforeEach(() => server.simulator.reset());

/** Sends two words, and never ends. */
const TWO_WORDS = { chunks: ['One ', 'two ', 'three.'], fault: { kind: 'stall', afterChunks: 2 } } as const;
const SAID = 'One two ';

interface Running {
  chatId: string;
  generationId: string;
  /** The reader of the POST's response. */
  reading: Promise<ReadReply>;
}

/** Starts a reply that only a stop ends, and waits until it has sent its words. */
async function startEndless(by: Caller = caller): Promise<Running> {
  server.simulator.script([TWO_WORDS]);
  const { id: chatId } = await by.createChat();
  const response = await by.send('POST', `/api/chats/${chatId}/messages`, { content: 'Count' });
  const reading = readReply(response);
  const [, answer] = await by.messages(chatId);
  const generationId = answer?.generationId ?? '';
  for await (const text of textSoFar(by, generationId)) if (text === SAID) break;
  return { chatId, generationId, reading };
}

async function* textSoFar(by: Caller, generationId: string): AsyncGenerator<string> {
  let text = '';
  for await (const event of readEvents(await by.fetch(`/api/generations/${generationId}/events`))) {
    text += textOf([event], 'delta');
    yield text;
  }
}

const stop = (generationId: string, by: Caller = caller) =>
  by.json<GenerationState>('POST', `/api/generations/${generationId}/stop`);

const STOPPED = { event: 'done', data: { status: 'stopped', finishReason: 'stopped' } };

test('a stop ends every reader with the logged events, and stores exactly those', async () => {
  const { chatId, generationId, reading } = await startEndless();
  const second = caller.replay(generationId);
  const state = await stop(generationId);
  expect(state).toMatchObject({ id: generationId, status: 'stopped', finishReason: 'stopped', error: null });
  expect(state.endedAt).not.toBeNull();
  for (const reply of [await reading, await second, await caller.replay(generationId)]) {
    expect(reply.text).toBe(SAID);
    expect(reply.last).toMatchObject(STOPPED);
  }
  const [question, answer] = await caller.messages(chatId);
  expect(question?.parts).toEqual([{ type: 'text', text: 'Count' }]);
  expect(answer).toMatchObject({ status: 'stopped', finishReason: 'stopped' });
  expect(textIn(answer, 'text')).toBe(SAID);
  expect((await reading).last.data).toMatchObject({ message: answer });
});

test('a stop in the middle of a reply stores exactly what readers received', async () => {
  const chunks = Array.from({ length: 500 }, (_, index) => `word ${index} `);
  server.simulator.script([{ chunks, chunkDelayMs: 2, fault: { kind: 'stall', afterChunks: 499 } }]);
  const { id } = await caller.createChat();
  const response = await caller.send('POST', `/api/chats/${id}/messages`, { content: 'Go on' });
  const events = [];
  let stopping: Promise<GenerationState> | undefined;
  for await (const event of readEvents(response)) {
    events.push(event);
    // The text goes on meanwhile.
    if (textOf(events, 'delta').includes('word 20 ')) stopping ??= stop(event.generationId);
  }
  const text = textOf(events, 'delta');
  expect(events.at(-1)).toMatchObject(STOPPED);
  expect(chunks.join('').startsWith(text)).toBe(true);
  expect(text.length).toBeLessThan(chunks.join('').length);
  const [, answer] = await caller.messages(id);
  expect(textIn(answer, 'text')).toBe(text);
  expect((await caller.replay((await stopping)?.id ?? '')).text).toBe(text);
});

test('a stop closes the connection to the model', async () => {
  const { generationId } = await startEndless();
  expect(server.simulator.log()[0]?.closedByClientAt).toBeUndefined();
  await stop(generationId);
  await until(
    'the request to the model is closed',
    () => server.simulator.log()[0]?.closedByClientAt !== undefined,
  );
});

test('a stop before the model has answered ends the reply without text', async () => {
  server.simulator.script(['hang']);
  const { id } = await caller.createChat();
  const reading = readReply(await caller.send('POST', `/api/chats/${id}/messages`, { content: 'Count' }));
  await until('the model has the request', () => server.simulator.log().length === 1);
  const [, answer] = await caller.messages(id);
  await stop(answer?.generationId ?? '');
  expect(await reading).toMatchObject({ text: '', last: STOPPED });
  await until(
    'the request to the model is closed',
    () => server.simulator.log()[0]?.closedByClientAt !== undefined,
  );
});

test('stopping twice, one after the other or at once, gives the same state', async () => {
  const { generationId } = await startEndless();
  const atOnce = await Promise.all([stop(generationId), stop(generationId), stop(generationId)]);
  const after = await stop(generationId);
  for (const state of atOnce) expect(state).toEqual(after);
  expect(after.status).toBe('stopped');
  expect(await caller.generation(generationId)).toEqual(after);
});

test('a stop after the end changes nothing and returns the status', async () => {
  const reply = await caller.ask('Hello');
  const { generationId, chatId } = reply.meta;
  const before = await caller.generation(generationId);
  expect(await stop(generationId)).toEqual(before);
  expect(before.status).toBe('completed');
  const [, answer] = await caller.messages(chatId);
  expect(answer).toMatchObject({ status: 'completed', finishReason: 'stop' });
});

test('a stop after a failure returns the failure', async () => {
  server.simulator.script(['503']);
  const { generationId } = (await caller.ask('Hello')).meta;
  expect(await stop(generationId)).toMatchObject({ status: 'failed', error: { code: 'model_unavailable' } });
});

test('a stopped reply is charged by the reported usage and an estimate of the rest', async () => {
  const guest = await server.guest();
  const { generationId } = await startEndless(guest);
  expect((await guest.me()).budget.reserved).toBeGreaterThan(0);
  const state = await stop(generationId, guest);
  expect(state.usageSource).toBe('estimate');
  expect(state.usage?.outputTokens).toBeGreaterThan(0);
  expect(state.tokensUsed).toBe(state.usage?.totalTokens);
  expect((await guest.me()).budget).toMatchObject({ used: state.tokensUsed, reserved: 0 });
});

test('leaving the stream does not stop the reply', async () => {
  const chunks = Array.from({ length: 60 }, (_, index) => `word ${index} `);
  server.simulator.script([{ chunks, chunkDelayMs: 3 }]);
  const { id } = await caller.createChat();
  const leave = new AbortController();
  const response = await caller.fetch(`/api/chats/${id}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ content: 'Go on' }),
    signal: leave.signal,
  });
  let generationId = '';
  await expect(async () => {
    for await (const event of readEvents(response)) {
      ({ generationId } = event);
      if (event.event === 'delta') leave.abort();
    }
  }).rejects.toThrow('abort');
  await until(
    'the reply has ended',
    async () => (await caller.generation(generationId)).status !== 'running',
  );
  const [, answer] = await caller.messages(id);
  expect(answer).toMatchObject({ status: 'completed', usageSource: 'provider' });
  expect(textIn(answer, 'text')).toBe(chunks.join(''));
  expect(server.simulator.log()[0]?.closedByClientAt).toBeUndefined();
});

test('deleting a chat stops its replies, at the model too, and is charged', async () => {
  const guest = await server.guest();
  const { chatId, generationId, reading } = await startEndless(guest);
  expect((await guest.send('DELETE', `/api/chats/${chatId}`)).status).toBe(204);
  expect(await reading).toMatchObject({ text: SAID, last: STOPPED });
  await until(
    'the request to the model is closed',
    () => server.simulator.log()[0]?.closedByClientAt !== undefined,
  );
  expect((await guest.fetch(`/api/generations/${generationId}`)).status).toBe(404);
  const { used, reserved } = (await guest.me()).budget;
  expect(used).toBeGreaterThan(0);
  expect(reserved).toBe(0);
});

test('a question after a stopped reply has its text in the context', async () => {
  const { chatId, generationId } = await startEndless();
  await stop(generationId);
  await caller.ask('Go on', chatId);
  expect(server.simulator.log()[1]?.body).toMatchObject({
    contents: [
      { role: 'user', parts: [{ text: 'Count' }] },
      { role: 'model', parts: [{ text: SAID }] },
      { role: 'user', parts: [{ text: 'Go on' }] },
    ],
  });
});
