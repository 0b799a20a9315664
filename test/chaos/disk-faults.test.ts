import type { Message, NumberedEvent } from '@millrace/protocol';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller, readEvents, textOf } from '../support/caller.ts';
import { scriptHeldEnd } from '../support/held-end.ts';
import { ModelGate } from '../support/model-gate.ts';
import { textIn } from '../support/replayed-reply.ts';
import { ServerProcess } from '../support/server-process.ts';
import { noSmallDisk, SmallDisk } from '../support/small-disk.ts';
import { because, STORAGE_FAULTS } from '../support/storage-fault.ts';
import type { FaultyStorage } from '../support/storage-fault.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const CONTENT = 'The mill grinds on. '.repeat(1000);
const NOT_WRITTEN = 'failed to settle reply';

interface Reading {
  chatId: string;
  seen: NumberedEvent[];
  /** All events, to the end. */
  rest: Promise<NumberedEvent[]>;
}

async function startReply(caller: Caller): Promise<Reading> {
  const chat = await caller.createChat();
  const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: CONTENT });
  const seen: NumberedEvent[] = [];
  const rest = (async () => {
    for await (const event of readEvents(response)) seen.push(event);
    return seen;
  })();
  await until('some text was delivered', () => textOf(seen, 'delta') !== '');
  return { chatId: chat.id, seen, rest };
}

async function replyIn(caller: Caller, chatId: string): Promise<Message | undefined> {
  return (await caller.messages(chatId)).at(-1);
}

for (const fault of STORAGE_FAULTS) {
  describe.skipIf(fault.missing !== '')(`${fault.name}${because(fault)}`, () => {
    let simulator: Simulator;
    let gate: ModelGate;
    let place: FaultyStorage;
    let server: ServerProcess;
    let caller: Caller;
    beforeEach(async () => {
      simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
      gate = await ModelGate.start();
      gate.target = simulator.url;
      place = await fault.prepare(gate.url);
      server = await place.start();
      caller = await Caller.asGuest(server.url);
    });
    afterEach(async () => {
      await server.kill();
      await gate.close();
      await simulator.close();
      await place.remove();
    });

    /** Waits until storage refuses writes. A full database accepts some more rows that fit into an existing page. */
    async function untilRefused(): Promise<Response> {
      for (;;) {
        const response = await caller.send('POST', '/api/chats', { title: 'x'.repeat(200) });
        if (response.status !== 201) return response;
      }
    }

    test('fails a reply with a clear error once it is over, keeps the delivered events, and continues to serve', async () => {
      const { chatId, seen, rest } = await startReply(caller);
      await place.begin();
      const refusal = await untilRefused();
      expect(refusal.status).toBe(503);
      expect(refusal.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(refusal.headers.get('retry-after')).toBe('1');
      expect(await refusal.json()).toMatchObject({ code: 'storage_failed', status: 503 });
      await until('the reply has failed', () => server.output().includes(NOT_WRITTEN));
      expect(server.output()).toContain(fault.says);
      expect((await caller.fetch('/health')).status).toBe(200);
      const delivered = [...seen];
      await place.end();

      const events = await rest;
      expect(events.slice(0, delivered.length)).toEqual(delivered);
      expect(events.at(-1)).toMatchObject({
        event: 'error',
        data: { status: 'failed', code: 'storage_failed', retryable: true },
      });
      const text = textOf(events, 'delta');
      expect(CONTENT.startsWith(text)).toBe(true);
      const reply = await replyIn(caller, chatId);
      expect(reply).toMatchObject({ status: 'failed', error: { code: 'storage_failed' } });
      expect(textIn(reply, 'text')).toBe(text);
      const replay = await caller.replay(events[0]?.generationId ?? '');
      expect(replay).toMatchObject({ text, last: events.at(-1) });
      expect((await caller.me()).budget).toMatchObject({ reserved: 0, used: reply?.tokensUsed });
      await until(
        'the request to the model is closed',
        () => simulator.log()[0]?.closedByClientAt !== undefined,
      );
      const next = await caller.ask('hello');
      expect(next).toMatchObject({ text: 'hello', last: { event: 'done', data: { status: 'completed' } } });
      expect((await caller.me()).budget.reserved).toBe(0);
    });

    test('delays the end of a reply whose text is complete, without changing it', async () => {
      scriptHeldEnd(simulator, gate, CONTENT);
      const { chatId, seen, rest } = await startReply(caller);
      await until('the whole text was delivered', () => textOf(seen, 'delta') === CONTENT);
      await place.begin();
      gate.open();
      await until('the end of the reply was refused', () => server.output().includes(NOT_WRITTEN));
      expect(server.output()).toContain(fault.says);
      await place.end();
      const last = (await rest).at(-1);
      expect(last).toMatchObject({ event: 'done', data: { status: 'completed', finishReason: 'stop' } });
      const reply = await replyIn(caller, chatId);
      expect(last?.data).toMatchObject({ message: reply });
      expect(textIn(reply, 'text')).toBe(CONTENT);
      expect((await caller.me()).budget).toMatchObject({ reserved: 0, used: reply?.tokensUsed });
    });

    test('loses no delivered event when the server is killed during the fault', async () => {
      const { chatId, seen, rest } = await startReply(caller);
      await place.begin();
      await untilRefused();
      const cut = rest.then(
        () => false,
        () => true,
      );
      await server.kill();
      expect(await cut).toBe(true);
      await place.end();
      server = await place.start();
      const again = new Caller(server.url, caller.token);
      const replay = await again.replay(seen[0]?.generationId ?? '');
      expect(replay.last).toMatchObject({ event: 'error', data: { status: 'interrupted' } });
      expect(replay.text.startsWith(textOf(seen, 'delta'))).toBe(true);
      expect(textIn(await replyIn(again, chatId), 'text')).toBe(replay.text);
      expect((await again.me()).budget.reserved).toBe(0);
    });
  });
}

describe.skipIf(noSmallDisk !== '')(
  `a start on a disk that is full${noSmallDisk === '' ? '' : ` (skipped: ${noSmallDisk})`}`,
  () => {
    test('ends with one line that names the full disk, and works once there is space', async () => {
      const disk = await SmallDisk.mount();
      const start = () =>
        ServerProcess.start(testEnvironment('http://127.0.0.1:1', disk.path), { through: disk.through });
      disk.fill();
      await expect(start()).rejects.toThrow(
        `ended with 2:\nDATA_DIR cannot be used (${disk.path}): database or disk is full\n`,
      );
      disk.free();
      const server = await start();
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      await server.kill();
      await disk.unmount();
    });
  },
);
