import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller, readEvents, textOf } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';

const CONTENT = 'The mill grinds on. '.repeat(400);

describe('a database that another program has locked', () => {
  let simulator: Simulator;
  let dataDir: string;
  let server: ServerProcess;
  let caller: Caller;
  let intruder: DatabaseSync;
  beforeEach(async () => {
    simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-storage-'));
    server = await ServerProcess.start(testEnvironment(simulator.url, dataDir));
    caller = await Caller.asGuest(server.url);
    intruder = new DatabaseSync(join(dataDir, 'millrace.db'));
  });
  afterEach(async () => {
    intruder.close();
    await server.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  async function startReply() {
    const chat = await caller.createChat();
    const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: CONTENT });
    const events = readEvents(response);
    const seen = [(await events.next()).value, (await events.next()).value];
    const rest = (async () => {
      for await (const event of events) seen.push(event);
      return seen.filter((event) => event !== undefined);
    })();
    return { chat, rest };
  }

  test('for a moment delays a reply and costs it nothing', async () => {
    const { rest } = await startReply();
    intruder.exec('begin immediate');
    await new Promise((resolve) => setTimeout(resolve, 500));
    intruder.exec('commit');
    const events = await rest;
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'completed' } });
    expect(textOf(events, 'delta')).toBe(CONTENT);
  });

  test('for long fails the reply with a clear error once it is free again, keeps what was delivered, and serves on', async () => {
    const { chat, rest } = await startReply();
    intruder.exec('begin immediate');
    const refused = await caller.send('POST', '/api/chats', {});
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'storage_failed' });
    expect((await caller.send('GET', '/health')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 4000));
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

  // A known fault; once it is mended this says so by failing, and becomes a `test`.
  test.fails('never has a stop answered while the reply is still running', async () => {
    const { chat } = await startReply();
    const [, reply] = await caller.messages(chat.id);
    intruder.exec('begin immediate');
    const response = await caller.send('POST', `/api/generations/${reply?.generationId}/stop`);
    const answer = (await response.json()) as { status: string };
    intruder.exec('commit');
    expect(answer.status).not.toBe('running');
  });
});
