import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller, readReply } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

describe('a process whose lease has expired, and which has not noticed', () => {
  let simulator: Simulator;
  let dataDir: string;
  let one: ServerProcess;
  let newOwner: ServerProcess;
  let onOne: Caller;
  beforeEach(async () => {
    simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
    dataDir = await mkdtemp(join(tmpdir(), 'millrace-expired-'));
    const environment = testEnvironment(simulator.url, dataDir);
    // It renews its lease so rarely that the requests come before it notices.
    one = await ServerProcess.start({ ...environment, LEASE_MS: '60000' });
    newOwner = await ServerProcess.start({ ...environment, LEASE_MS: '600' });
    onOne = await Caller.asGuest(one.url);
  });
  afterEach(async () => {
    await one.kill();
    await newOwner.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });

  async function freezePastLease() {
    const database = new DatabaseSync(join(dataDir, 'millrace.db'), { readOnly: true });
    const count = database.prepare('select count(*) as nodes from nodes');
    one.freeze();
    await until('the lease has expired', () => count.get()?.['nodes'] === 1);
    database.close();
  }

  test('starts a new reply under a lease it holds', async () => {
    const chat = await onOne.createChat();
    await freezePastLease();
    one.thaw();
    const response = await onOne.send('POST', `/api/chats/${chat.id}/messages`, { content: 'hello' });
    expect((await readReply(response)).last).toMatchObject({ event: 'done' });
  });
});
