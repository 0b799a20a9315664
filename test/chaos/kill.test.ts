import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NumberedEvent } from '@millrace/protocol';
import { startSimulator } from 'millrace-gemini-simulator';
import { expect, test } from 'vitest';
import { Caller, readEvents, textOf } from '../support/caller.ts';
import { seededRandom } from '../support/random.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';

const KILLS = 30;
const REPLIES_A_KILL = 4;
const SEED = Number(process.env.CHAOS_SEED ?? 1);

/** What a client had of one reply when the server died. */
interface Received {
  generationId: string;
  chatId: string;
  text: string;
  sequence: number;
}

test(`killed ${KILLS} times in mid-stream (seed ${SEED}), the server never takes back what a reader has seen`, async () => {
  const random = seededRandom(SEED);
  const simulator = await startSimulator({ seed: SEED, pace: { chunkDelayMs: 2, chunkChars: 20 } });
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-kill-'));
  const environment = testEnvironment(simulator.url, dataDir);
  let server = await ServerProcess.start(environment);
  const { token } = await Caller.asGuest(server.url);
  let interrupted = 0;

  for (let round = 0; round < KILLS; round += 1) {
    const caller = new Caller(server.url, token);
    const victim = server;
    const readings = Array.from({ length: REPLIES_A_KILL }, (_item, index) =>
      receiveUntilCut(caller, `${round}/${index} ${'The mill 水車 grinds on 🎡. '.repeat(200)}`),
    );
    // Any moment from before the first event to the middle of the reply.
    await new Promise((resolve) => setTimeout(resolve, random() * 250));
    await victim.kill();
    const received = (await Promise.all(readings)).filter((reading) => reading !== null);
    server = await ServerProcess.start(environment);
    for (const each of received) interrupted += await check(new Caller(server.url, token), each);
  }

  await server.kill();
  await simulator.close();
  await rm(dataDir, { recursive: true });
  // Many were cut in the middle, or the test showed nothing.
  expect(interrupted).toBeGreaterThan((KILLS * REPLIES_A_KILL) / 4);
}, 300_000);

/** Reads a reply until the server dies; null when it died before anything was seen. */
async function receiveUntilCut(caller: Caller, content: string): Promise<Received | null> {
  const events: NumberedEvent[] = [];
  let chatId = '';
  try {
    chatId = (await caller.createChat()).id;
    const response = await caller.send('POST', `/api/chats/${chatId}/messages`, { content });
    for await (const event of readEvents(response)) events.push(event);
  } catch (cut) {
    // Whatever the connection's end looked like, what counts is what was received before it.
    if (!(cut instanceof Error)) throw cut;
  }
  const last = events.at(-1);
  if (last === undefined) return null;
  const { generationId, sequence } = last;
  return { generationId, chatId, text: textOf(events, 'delta'), sequence };
}

/** @returns 1 when the reply was interrupted, 0 when it had ended before */
async function check(caller: Caller, { generationId, chatId, text, sequence }: Received): Promise<number> {
  const replay = await caller.replay(generationId);
  expect(replay.text.startsWith(text)).toBe(true);
  expect(replay.last.sequence).toBeGreaterThanOrEqual(sequence);
  expect(replay.meta).toMatchObject({ generationId, chatId });
  const terminals = replay.events.filter(({ event }) => event === 'done' || event === 'error');
  expect(terminals).toEqual([replay.last]);

  const reply = (await caller.messages(chatId)).at(-1);
  expect(reply?.parts.map((part) => ('text' in part ? part.text : '')).join('')).toBe(replay.text);
  const { status } = await caller.generation(generationId);
  expect(['interrupted', 'completed']).toContain(status);
  return status === 'interrupted' ? 1 : 0;
}
