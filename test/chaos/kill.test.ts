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
/** The server dies when its readers have so many events at most: half of what the replies of a round have together. */
const MOST_EVENTS = 500;
const SEED = Number(process.env.CHAOS_SEED ?? 1);

/** What a client had of one reply when the server died. */
interface Received {
  chatId: string;
  text: string;
  /** 0 when it had nothing. */
  sequence: number;
}

test(`killed ${KILLS} times in mid-stream (seed ${SEED}), the server never takes back what a reader has seen`, async () => {
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
    // Any moment from the first request to the middle of the replies, early ones more often.
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
  // Many were cut in the middle, or the test showed nothing.
  expect(cut).toBeGreaterThan((KILLS * REPLIES_A_KILL) / 2);
});

/** Reached when all readers together have received so many events. */
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

/** Reads a reply until the server dies. */
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
      // A frame may merge several events, and bears the last one's number.
      moment.count(event.sequence - (events.at(-1)?.sequence ?? 0));
      events.push(event);
    }
  } catch (cut) {
    // Whatever the connection's end looked like, what counts is what was received before it.
    if (!(cut instanceof Error)) throw cut;
  }
  return { chatId, text: textOf(events, 'delta'), sequence: events.at(-1)?.sequence ?? 0 };
}

/** @returns 1 when the reply was cut while somebody read it, 0 when it had ended before or nobody had anything of it */
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
