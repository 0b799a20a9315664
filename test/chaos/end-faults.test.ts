import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NumberedEvent } from '@millrace/protocol';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller, readEvents, textOf } from '../support/caller.ts';
import { scriptHeldEnd } from '../support/held-end.ts';
import { ModelGate } from '../support/model-gate.ts';
import { textIn } from '../support/replayed-reply.ts';
import { ServerProcess } from '../support/server-process.ts';
import { prepareOrders } from '../support/storage-fault.ts';
import { testEnvironment } from '../support/test-server.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';
import { until } from '../support/until.ts';

const CONTENT = 'The mill grinds on. '.repeat(400);
describe('a database', () => {
  let simulator: Simulator;
  let gate: ModelGate;
  let place: Awaited<ReturnType<typeof prepareOrders>>;
  let server: ServerProcess;
  let caller: Caller;
  beforeEach(async () => {
    simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
    gate = await ModelGate.start();
    gate.target = simulator.url;
    place = await prepareOrders('read-only', gate.url);
    // So long that no renewal of the lease is among the counted commits.
    server = await place.start({ LEASE_MS: '600000' });
    caller = await Caller.asGuest(server.url);
  });
  afterEach(async () => {
    await server.kill();
    await gate.close();
    await simulator.close();
    await place.remove();
  });

  async function startReply(on = caller) {
    const chat = await on.createChat();
    const response = await on.send('POST', `/api/chats/${chat.id}/messages`, { content: CONTENT });
    const seen: NumberedEvent[] = [];
    const rest = (async () => {
      for await (const event of readEvents(response)) seen.push(event);
      return seen;
    })();
    await until('some text was delivered', () => textOf(seen, 'delta') !== '');
    const [{ generationId } = { generationId: '' }] = seen;
    return { chatId: chat.id, generationId, seen, rest };
  }

  function lastSequenceOf(generationId: string): unknown {
    const database = new DatabaseSync(join(place.dataDir, 'millrace.db'), { readOnly: true });
    const row = database.prepare('select last_sequence from generations where id = ?').get(generationId);
    database.close();
    return row?.['last_sequence'];
  }

  test.each([
    [0, 'before the end is in the database'],
    [1, 'between the end in the database and the terminal event in the log'],
    [2, 'between the terminal event in the log and its sequence in the database'],
  ])(
    'that becomes read-only after %i commits of an end, %s, has one end, one message and one charge',
    async (commits) => {
      scriptHeldEnd(simulator, gate, CONTENT);
      const { chatId, generationId, seen, rest } = await startReply();
      await until('the whole text was delivered', () => textOf(seen, 'delta') === CONTENT);
      await place.beginAfter(commits);
      gate.open();
      await until('the end of the reply was refused', () =>
        server.output().includes('failed to settle reply'),
      );
      expect((await caller.generation(generationId)).status).toBe(commits === 0 ? 'running' : 'completed');
      await place.end();
      const events = await rest;
      const terminals = events.filter(({ event }) => event === 'done' || event === 'error');
      expect(terminals).toMatchObject([
        { event: 'done', data: { status: 'completed', finishReason: 'stop' } },
      ]);
      await until(
        'the end of the reply is recorded',
        () => lastSequenceOf(generationId) === events.at(-1)?.sequence,
      );
      const [, reply] = await caller.messages(chatId);
      expect(terminals[0]?.data).toMatchObject({ message: reply });
      expect(textIn(reply, 'text')).toBe(CONTENT);
      expect(await caller.replay(generationId)).toMatchObject({ text: CONTENT, last: terminals[0] });
      expect((await caller.me()).budget).toMatchObject({ reserved: 0, used: reply?.tokensUsed });
    },
  );

  test('that is read-only when a reply ends keeps its events, even if another process prunes all old ones', async () => {
    scriptHeldEnd(simulator, gate, CONTENT);
    const { generationId, seen, rest } = await startReply();
    await until('the whole text was delivered', () => textOf(seen, 'delta') === CONTENT);
    await place.beginAfter(1);
    gate.open();
    await until('the end of the reply was refused', () => server.output().includes('failed to settle reply'));
    const keepsNothing = { ...testEnvironment(gate.url, place.dataDir), EVENT_RETENTION: '0s' };
    const other = await ServerProcess.start({ ...keepsNothing, LEASE_MS: '600000' });
    await place.end();
    await until('the end of the reply is recorded', () => lastSequenceOf(generationId) !== null);
    await other.kill();
    const replay = await caller.replay(generationId);
    expect(replay).toMatchObject({ text: CONTENT, last: { event: 'done', data: { status: 'completed' } } });
    expect((await rest).at(-1)).toEqual(replay.last);
  });

  test('that permanently refuses one event fails the reply at once, with the events delivered before it', async () => {
    const { chatId, generationId, rest } = await startReply();
    const intruder = new DatabaseSync(join(place.dataDir, 'millrace.db'), { timeout: WAIT_TIMEOUT_MS });
    intruder.exec(`create trigger refusal before insert on event_journal when new.name = 'delta'
      begin select raise(abort, 'refused by the test'); end`);
    intruder.close();
    const events = await rest;
    expect(events.at(-1)).toMatchObject({ event: 'error', data: { code: 'storage_failed' } });
    const text = textOf(events, 'delta');
    const [, reply] = await caller.messages(chatId);
    expect(reply).toMatchObject({ status: 'failed', parts: [{ type: 'text', text }] });
    expect(await caller.replay(generationId)).toMatchObject({ text, last: events.at(-1) });
    expect((await caller.me()).budget.reserved).toBe(0);
  });

  test('that is read-only for a while still serves readers, and new readers get the end of the reply', async () => {
    const { generationId, rest } = await startReply();
    await place.begin();
    await until('the end of the reply was refused', () => server.output().includes('failed to settle reply'));
    const late = caller.replay(generationId, 1);
    await until('the late reader is connected', async () => {
      return /^millrace_open_readers 2$/m.test(await (await fetch(`${server.url}/metrics`)).text());
    });
    await place.end();
    const text = textOf(await rest, 'delta');
    expect(await late).toMatchObject({ text, last: { event: 'error', data: { code: 'storage_failed' } } });
  });

  test.each([
    ['is cached', false],
    ['must be looked up', true],
  ])(
    'that is read-only for a while refuses the stop of a user who %s, but the request to the model is closed',
    async (_who, isForgotten) => {
      const { chatId, generationId, rest } = await startReply();
      // After a sign-in the server looks up all callers again.
      if (isForgotten) await Caller.asGuest(server.url);
      await place.begin();
      const response = await caller.send('POST', `/api/generations/${generationId}/stop`);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: 'storage_failed' });
      await until(
        'the request to the model is closed',
        () => simulator.log()[0]?.closedByClientAt !== undefined,
      );
      await place.end();
      const events = await rest;
      expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'stopped' } });
      const text = textOf(events, 'delta');
      expect(text.length).toBeLessThan(CONTENT.length);
      const [, reply] = await caller.messages(chatId);
      expect(reply).toMatchObject({ status: 'stopped', parts: [{ type: 'text', text }] });
    },
  );
});
