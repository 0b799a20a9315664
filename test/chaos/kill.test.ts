import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NumberedEvent } from '@millrace/protocol';
import { startSimulator } from 'millrace-gemini-simulator';
import { expect, test } from 'vitest';
import { Caller, readEvents, textOf } from '../support/caller.ts';
import { seededRandom } from '../support/random.ts';
import { textIn } from '../support/replayed-reply.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';

const KILLS = 30;
const REPLIES_A_KILL = 4;
/** The highest number of received events at which the server is killed: half of the events of a round. */
const MOST_EVENTS = 500;
const SEED = Number(process.env.CHAOS_SEED ?? 1);

/** What a client had received of one reply when the server was killed. */
interface Received {
  chatId: string;
  text: string;
  /** 0 if it had received nothing. */
  sequence: number;
}

test(`killed ${KILLS} times in mid-stream (seed ${SEED}), the server never loses an event that a reader has seen`, async () => {
  const random = seededRandom(SEED);
  const simulator = await startSimulator({ seed: SEED, pace: { chunkDelayMs: 2, chunkChars: 20 } });
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-kill-'));
  const environment = testEnvironment(simulator.url, dataDir);
  let server = await ServerProcess.start(environment);
  const { token } = await Caller.asGuest(server.url);
  let cut = 0;

  for (let round = 0; round < KILLS; round += 1) {
    const caller = new Caller(server.url, token);
    const chats = await Promise.all(Array.from({ length: REPLIES_A_KILL }, () => caller.createChat()));
    // A random moment from the first request to the middle of the replies, more often an early one.
    const moment = new Countdown(Math.floor(random() ** 2 * MOST_EVENTS));
    const readings = chats.map(({ id }, index) =>
      receiveUntilCut(caller, id, `${round}/${index} ${'The mill 水車 grinds on 🎡. '.repeat(200)}`, moment),
    );
    await Promise.race([moment.reached, Promise.all(readings)]);
    await server.kill();
    const received = await Promise.all(readings);
    server = await ServerProcess.start(environment);
    for (const each of received) cut += await check(new Caller(server.url, token), each);
  }

  await server.kill();
  await simulator.close();
  await rm(dataDir, { recursive: true });
  // Many replies were cut in the middle; otherwise the test would prove nothing.
  expect(cut).toBeGreaterThan((KILLS * REPLIES_A_KILL) / 2);
});

/** Resolves when all readers together have received the given number of events. */
class Countdown {
  readonly #reached = Promise.withResolvers<void>();
  #left: number;

  constructor(events: number) {
    this.#left = events;
    this.count(0);
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  count(events: number): void {
    this.#left -= events;
    if (this.#left <= 0) this.#reached.resolve();
  }
}

/** Reads a reply until the server is killed. */
async function receiveUntilCut(
  caller: Caller,
  chatId: string,
  content: string,
  moment: Countdown,
): Promise<Received> {
  const events: NumberedEvent[] = [];
  try {
    const response = await caller.send('POST', `/api/chats/${chatId}/messages`, { content });
    for await (const event of readEvents(response)) {
      // A frame can merge several events, and has the number of the last one.
      moment.count(event.sequence - (events.at(-1)?.sequence ?? 0));
      events.push(event);
    }
  } catch (cut) {
    // However the connection ended, the events before it count.
    if (!(cut instanceof Error)) throw cut;
  }
  return { chatId, text: textOf(events, 'delta'), sequence: events.at(-1)?.sequence ?? 0 };
}

/** @returns 1 if the reply was cut while a client read it; 0 if it had ended before, or no client had received anything */
async function check(caller: Caller, { chatId, text, sequence }: Received): Promise<number> {
  const reply = (await caller.messages(chatId)).at(-1);
  if (reply === undefined && sequence === 0) return 0;
  const generationId = reply?.generationId ?? '';
  const replay = await caller.replay(generationId);
  expect(replay.text.startsWith(text)).toBe(true);
  expect(replay.last.sequence).toBeGreaterThanOrEqual(sequence);
  expect(replay.meta).toMatchObject({ generationId, chatId });
  const terminals = replay.events.filter(({ event }) => event === 'done' || event === 'error');
  expect(terminals).toEqual([replay.last]);

  expect(textIn(reply, 'text')).toBe(replay.text);
  const { status } = await caller.generation(generationId);
  expect(['interrupted', 'completed']).toContain(status);
  return status === 'interrupted' && sequence > 0 ? 1 : 0;
}
