import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NumberedEvent } from '@millrace/protocol';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller, readEvents, textOf } from '../support/caller.ts';
import { scriptHeldEnd } from '../support/held-end.ts';
import { ModelGate } from '../support/model-gate.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { WAIT_TIMEOUT_MS } from '../support/time-limits.ts';
import { until } from '../support/until.ts';

const CONTENT = 'The mill grinds on. '.repeat(400);

describe('a database that another program has locked', () => {
  let simulator: Simulator;
  let gate: ModelGate;
  let dataDir: string;
  let server: ServerProcess;
  let caller: Caller;
  let intruder: DatabaseSync;
  beforeEach(async () => {
    simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
    gate = await ModelGate.start();
    gate.target = simulator.url;
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-storage-'));
    server = await ServerProcess.start(testEnvironment(gate.url, dataDir));
    caller = await Caller.asGuest(server.url);
    intruder = new DatabaseSync(join(dataDir, 'millrace.db'), { timeout: WAIT_TIMEOUT_MS });
  });
  afterEach(async () => {
    intruder.close();
    await server.kill();
    await gate.close();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  const chunksSent = () => simulator.log()[0]?.chunksSent ?? 0;

  async function startReply() {
    const chat = await caller.createChat();
    const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: CONTENT });
    const events = readEvents(response);
    const seen: NumberedEvent[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { value } = await events.next();
      if (value !== undefined) seen.push(value);
    }
    const rest = (async () => {
      for await (const event of events) seen.push(event);
      return seen;
    })();
    return { chat, seen, rest };
  }

  test('for a short time delays a reply, without loss', async () => {
    const { rest } = await startReply();
    intruder.exec('begin immediate');
    const before = chunksSent();
    await until('the model has sent more', () => chunksSent() > before + 50);
    intruder.exec('commit');
    const events = await rest;
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'completed' } });
    expect(textOf(events, 'delta')).toBe(CONTENT);
  });

  test('for long fails the reply with a clear error once it is free again, keeps the delivered events, and continues to serve', async () => {
    const { chat, rest } = await startReply();
    intruder.exec('begin immediate');
    const refused = await caller.send('POST', '/api/chats', {});
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'storage_failed' });
    expect((await caller.send('GET', '/health')).status).toBe(200);
    await until('the end of the reply was refused', () => server.output().includes('failed to settle reply'));
    intruder.exec('commit');

    const events = await rest;
    const text = textOf(events, 'delta');
    expect(events.at(-1)).toMatchObject({
      event: 'error',
      data: { status: 'failed', code: 'storage_failed' },
    });
    const [, message] = await caller.messages(chat.id);
    expect(message).toMatchObject({ status: 'failed', parts: [{ type: 'text', text }] });
    expect((await caller.me()).budget.reserved).toBe(0);
    expect((await caller.ask('hello')).last).toMatchObject({ event: 'done' });
  });

  test('refuses a stop during the lock, and the reply can be stopped afterwards', async () => {
    simulator.script([{ text: CONTENT, fault: { kind: 'stall', afterChunks: 300 } }]);
    const { chat, rest } = await startReply();
    const [, reply] = await caller.messages(chat.id);
    intruder.exec('begin immediate');
    const response = await caller.send('POST', `/api/generations/${reply?.generationId}/stop`);
    intruder.exec('commit');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'storage_failed' });

    const events = await rest;
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'stopped' } });
    const [, message] = await caller.messages(chat.id);
    const text = textOf(events, 'delta');
    expect(text.length).toBeLessThan(CONTENT.length);
    expect(message).toMatchObject({ status: 'stopped', parts: [{ type: 'text', text }] });
  });

  test('at the end of a reply delays that end, and doesn’t change it', async () => {
    scriptHeldEnd(simulator, gate, CONTENT);
    const { seen, rest } = await startReply();
    await until('the whole text was sent', () => textOf(seen, 'delta') === CONTENT);
    intruder.exec('begin immediate');
    gate.open();
    await until('the end of the reply was refused', () => server.output().includes('failed to settle reply'));
    intruder.exec('commit');
    expect((await rest).at(-1)).toMatchObject({
      event: 'done',
      data: {
        status: 'completed',
        finishReason: 'stop',
        message: { parts: [{ type: 'text', text: CONTENT }] },
      },
    });
    expect((await caller.me()).budget.reserved).toBe(0);
  });
});

describe('a start', () => {
  let simulator: Simulator;
  let dataDir: string;
  const servers: ServerProcess[] = [];
  beforeEach(async () => {
    simulator = await startSimulator();
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-start-'));
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.kill()));
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  async function start(): Promise<ServerProcess> {
    const server = await ServerProcess.start(testEnvironment(simulator.url, dataDir));
    servers.push(server);
    return server;
  }

  test('of several processes at once on an empty folder works for each', async () => {
    await Promise.all([start(), start(), start()]);
    const callers = await Promise.all(servers.map(({ url }) => Caller.asGuest(url)));
    for (const caller of callers) {
      expect((await caller.ask('hello')).last).toMatchObject({ event: 'done' });
    }
  });

  test('waits for a database that another program has locked', async () => {
    await (await start()).kill();
    const intruder = new DatabaseSync(join(dataDir, 'millrace.db'), { timeout: WAIT_TIMEOUT_MS });
    intruder.exec('begin immediate');
    let hasStarted = false;
    const starting = start().then(() => (hasStarted = true));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(hasStarted).toBe(false);
    intruder.exec('commit');
    intruder.close();
    await starting;
  });

  test('that waits too long ends with one line that says why', async () => {
    await (await start()).kill();
    const intruder = new DatabaseSync(join(dataDir, 'millrace.db'), { timeout: WAIT_TIMEOUT_MS });
    intruder.exec('begin immediate');
    await expect(start()).rejects.toThrow(
      `The server ended with 2:\nDATA_DIR cannot be used (${dataDir}): database is locked\n`,
    );
    intruder.close();
  });
});
