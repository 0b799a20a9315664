import { expect, test } from 'vitest';
import { noPostgresServer } from '../support/postgres-server.ts';
import { noRedisServer } from '../support/redis-server.ts';
import { planRun } from './suite/plan.ts';
import { runChaos } from './suite/run.ts';

const SEED = Number(process.env.CHAOS_SEED ?? 1);
const KILLS = Number(process.env.CHAOS_KILLS ?? 3);
/** The same number as in each of the other runs. */
const REPLIES = Math.ceil(Number(process.env.CHAOS_REPLIES ?? 120) / 3);
const missing = noPostgresServer || noRedisServer;
const because = missing === '' ? '' : ` (skipped: ${missing})`;

test.skipIf(missing !== '')(
  `three nodes on PostgreSQL and Redis keep every law for ${REPLIES} replies among ${KILLS} kills, faults of their stores, and cuts (seed ${SEED})${because}`,
  async () => {
    const plan = planRun({ seed: SEED, replies: REPLIES, kills: KILLS, nodes: 3, prunes: false });
    const report = await runChaos(plan, (line) => process.stdout.write(`${line}\n`));
    const { violations, frozenUntilMs: _, prunedBefore: __, endTimes: ___, ...figures } = report;
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    const again = `CHAOS_SEED=${SEED} CHAOS_KILLS=${KILLS} CHAOS_REPLIES=${REPLIES * 3} npm run test:chaos`;
    expect(violations.slice(0, 20), `${violations.length} violations; once more: ${again}`).toEqual([]);

    // Otherwise the run would prove nothing.
    const { kills, killsInCommit, storeFaults, cuts, statuses, suspended } = report;
    expect(kills + killsInCommit).toBeGreaterThanOrEqual(KILLS);
    expect(Object.keys(storeFaults).toSorted()).toEqual([
      'postgres-restarts',
      'redis-loses-its-data',
      'redis-restarts',
    ]);
    for (const count of Object.values(cuts)) expect(count).toBeGreaterThan(0);
    expect(statuses['completed']).toBeGreaterThan(REPLIES / 3);
    // Each restart of Redis affects at most the replies that run at that moment.
    const restarts = (storeFaults['redis-loses-its-data'] ?? 0) + (storeFaults['redis-restarts'] ?? 0);
    expect(suspended).toBeLessThanOrEqual(restarts * plan.users.length);
  },
);
