import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Simulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Caller, readEvents } from '../support/caller.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let simulator: Simulator;
let dataDir: string;
const servers: ServerProcess[] = [];
beforeEach(async () => {
  simulator = await startSimulator({ pace: { chunkDelayMs: 5, chunkChars: 20 } });
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-slept-'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.kill()));
  await simulator.close();
  await rm(dataDir, { recursive: true });
});

async function start(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await ServerProcess.start({ ...testEnvironment(simulator.url, dataDir), ...settings });
  servers.push(server);
  return server;
}

test('a reader is disconnected, and reconnects, if its process was suspended while the reply ended and was pruned', async () => {
  const [awake, asleep] = [await start(), await start()];
  const caller = await Caller.asGuest(awake.url);
  const elsewhere = new Caller(asleep.url, caller.token);
  const chat = await caller.createChat();
  // Doesn't end by itself.
  const text = 'The mill grinds on. '.repeat(100);
  simulator.script([{ text, fault: { kind: 'stall', afterChunks: 50 } }]);
  const response = await caller.send('POST', `/api/chats/${chat.id}/messages`, { content: 'Go on' });
  const own = readEvents(response);
  const { value: meta } = await own.next();
  const generationId = meta?.generationId ?? '';

  let seen = 0;
  let isOver = false;
  const read = async () => {
    const path = `/api/generations/${generationId}/events`;
    for await (const { sequence } of readEvents(await elsewhere.fetch(path))) seen = sequence;
  };
  const over = () => (isOver = true);
  void read().then(over, over);
  await until('the reader has received some events', () => seen > 3);
  // Not during a write, which would block the writes of the other process.
  for (asleep.freeze(); !(await caller.send('POST', '/api/chats', {})).ok; asleep.freeze()) asleep.thaw();
  await caller.json('POST', `/api/generations/${generationId}/stop`);
  const { last } = await caller.replay(generationId);
  await start({ EVENT_RETENTION: '0s' });
  asleep.thaw();
  await until('the reader is disconnected', () => isOver);
  const rest = await elsewhere.replay(generationId, seen);
  expect(rest.last).toEqual(last);
});
