import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller, readEvents, readReply, textOf } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

/** Long enough that a busy machine doesn't let the lease of a running process expire. */
const LEASE_MS = '5000';
const CONTENT = 'The mill 水車 grinds on 🎡. '.repeat(150);
/** Doesn't end by itself. */
const UNENDING = { text: CONTENT, fault: { kind: 'stall', afterChunks: 150 } } as const;

describe('two processes on one database', () => {
  let simulator: Simulator;
  let dataDir: string;
  let one: ServerProcess;
  let two: ServerProcess;
  let onOne: Caller;
  let onTwo: Caller;
  beforeEach(async () => {
    simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-two-'));
    const environment = { ...testEnvironment(simulator.url, dataDir), LEASE_MS };
    one = await ServerProcess.start(environment);
    two = await ServerProcess.start(environment);
    onOne = await Caller.asGuest(one.url);
    onTwo = new Caller(two.url, onOne.token);
  });
  afterEach(async () => {
    await one.kill();
    await two.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  /** Freezes the first process, but not during a write, which would block the writes of the second. */
  async function freezeFirst(): Promise<void> {
    for (;;) {
      one.freeze();
      if ((await onTwo.send('POST', '/api/chats', {})).ok) return;
      one.thaw();
    }
  }

  /** Starts a reply on the first process. Resolves when its first words have arrived. */
  async function startReply() {
    const chat = await onOne.createChat();
    const response = await onOne.send('POST', `/api/chats/${chat.id}/messages`, { content: CONTENT });
    const events = readEvents(response);
    const { value: meta } = await events.next();
    if (meta === undefined) throw new Error('no meta');
    await until('the model has sent some chunks', () => (simulator.log()[0]?.chunksSent ?? 0) > 3);
    return { chat, generationId: meta.generationId, events };
  }

  test('starting the second one leaves the replies of the first alone, and its readers follow them to the end', async () => {
    const { generationId } = await startReply();
    const reply = await onTwo.replay(generationId);
    expect(reply.text).toBe(CONTENT);
    expect(reply.last).toMatchObject({ event: 'done', data: { status: 'completed' } });
  });

  test('a stop at the second ends the reply in the first, and its request to the model', async () => {
    simulator.script([UNENDING]);
    const { generationId, events } = await startReply();
    const state = await onTwo.json('POST', `/api/generations/${generationId}/stop`);
    expect(state).toMatchObject({ status: 'stopped' });
    const rest = [];
    for await (const event of events) rest.push(event);
    expect(rest.at(-1)).toMatchObject({ event: 'done', data: { status: 'stopped' } });
    await until(
      'the request to the model is closed',
      () => simulator.log()[0]?.closedByClientAt !== undefined,
    );
  });

  test('when the first is killed, the second ends its reply as interrupted, once, for all its readers', async () => {
    simulator.script([UNENDING]);
    const { chat, generationId } = await startReply();
    const reading = onTwo.replay(generationId);
    await one.kill();
    const reply = await reading;
    expect(reply.last).toMatchObject({ event: 'error', data: { status: 'interrupted' } });
    expect(CONTENT.startsWith(reply.text)).toBe(true);
    const [, message] = await onTwo.messages(chat.id);
    expect(message).toMatchObject({ status: 'interrupted', parts: [{ type: 'text', text: reply.text }] });
    expect((await onTwo.me()).budget.reserved).toBe(0);
  });

  test('a process that was frozen past its lease can’t write any more, and its readers get the end that the new owner wrote', async () => {
    simulator.script([UNENDING]);
    const { generationId, events } = await startReply();
    const reading = onTwo.replay(generationId);
    await freezeFirst();
    const reply = await reading;
    expect(reply.last).toMatchObject({ event: 'error', data: { status: 'interrupted' } });
    one.thaw();
    const seen = [];
    for await (const event of events) seen.push(event);
    expect(seen.at(-1)).toMatchObject({ event: 'error', sequence: reply.last.sequence });
    expect(textOf(seen, 'delta')).toBe(reply.text);
    // It has a new lease, and serves as before.
    expect((await onOne.ask('hello')).last).toMatchObject({ event: 'done' });
  });

  test('the continuation of a reply after a crash is a child of the partial reply', async () => {
    simulator.script([UNENDING]);
    const { chat, generationId, events } = await startReply();
    // Everything that a reader has seen is stored.
    for await (const { event } of events) if (event === 'delta') break;
    await one.kill();
    const { text } = await onTwo.replay(generationId);
    const [question, partial] = await onTwo.messages(chat.id);
    const response = await onTwo.send('POST', `/api/messages/${partial?.id}/continue`);
    const continued = await readReply(response);
    expect(continued.meta.assistantMessage).toMatchObject({ parentId: partial?.id, continues: partial?.id });
    expect(simulator.log().at(-1)?.body).toMatchObject({
      contents: [
        { role: 'user', parts: [{ text: question?.parts[0] && CONTENT }] },
        { role: 'model', parts: [{ text }] },
        { role: 'user', parts: [{ text: expect.stringContaining('Continue exactly where it stopped') }] },
      ],
    });
  });
});
