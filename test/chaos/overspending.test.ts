import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from 'millrace-gemini-simulator';
import type { Behaviour } from 'millrace-gemini-simulator';
import { expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { seededRandom } from '../support/random.ts';
import { ServerProcess } from '../support/server-process.ts';
import { testEnvironment } from '../support/test-server.ts';
import { until } from '../support/until.ts';

const RUNS = Number(process.env.LEDGER_RUNS ?? 6);
const SEED = Number(process.env.CHAOS_SEED ?? 1);
const SENDS = 200;
const CEILING = 300;
const QUESTION = 'Tell me all about water mills.';
/** The estimated tokens of the question, with the margin. */
const PROMPT = 11;
const BUDGET = 10 * (PROMPT + CEILING);

test(`${SENDS} messages sent at once, ${RUNS} times (seed ${SEED}), never cost more than the budget, also when the server is killed`, async () => {
  const simulator = await startSimulator({ seed: SEED });
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-ledger-'));
  const environment = {
    ...testEnvironment(simulator.url, dataDir),
    DEFAULT_TOKEN_LIMIT: String(BUDGET),
    MAX_OUTPUT_TOKENS: String(CEILING),
  };
  let server = await ServerProcess.start(environment);
  const administrator = await Caller.asUser(server.url);
  let accepted = 0;
  let killed = 0;
  try {
    for (let run = 0; run < RUNS; run += 1) {
      const random = seededRandom(SEED * 1000 + run);
      simulator.reset();
      simulator.script(Array.from({ length: SENDS }, () => behaviour(random)));
      const user = await Caller.asUser(server.url);
      const { id } = await user.createChat();
      const sends = Array.from({ length: SENDS }, () => send(user, id));
      if (random() < 0.5) {
        // A random moment, from before the first request is accepted to after the last reply has ended.
        await sleep(random() * 600);
        await server.kill();
        killed += 1;
        await Promise.all(sends);
        server = await ServerProcess.start(environment);
      }
      accepted += (await Promise.all(sends)).filter((status) => status === 200).length;

      const again = new Caller(server.url, user.token);
      await until('no reservation is open', async () => (await again.me()).budget.reserved === 0);
      expect((await again.me()).budget.used).toBeLessThanOrEqual(BUDGET);
      const check = await new Caller(server.url, administrator.token).json('GET', '/api/admin/ledger/check');
      expect(check).toEqual({ balances: true, discrepancies: [] });
    }
  } finally {
    await server.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  }
  expect(accepted).toBeGreaterThanOrEqual(RUNS);
  if (RUNS >= 6) expect(killed).toBeGreaterThan(0);
});

/** A model that can exceed its limit, and can omit its usage. */
function behaviour(random: () => number): Behaviour {
  return {
    text: 'word '.repeat(1 + Math.floor(random() * 500)),
    ignoresMaxOutput: random() < 0.3,
    usage: random() < 0.3 ? 'missing' : 'full',
    chunkChars: 100,
    chunkDelayMs: Math.floor(random() * 20),
  };
}

/** @returns the status; null if the server was killed meanwhile */
async function send(user: Caller, chatId: string): Promise<number | null> {
  try {
    const body = { content: QUESTION, parentId: null };
    const response = await user.send('POST', `/api/chats/${chatId}/messages`, body);
    await response.text();
    return response.status;
  } catch {
    // The connection broke, because the test killed the server.
    return null;
  }
}
