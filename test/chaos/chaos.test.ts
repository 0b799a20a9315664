import { expect, test } from 'vitest';
import { planRun } from './suite/plan.ts';
import { runChaos } from './suite/run.ts';

const SEED = Number(process.env.CHAOS_SEED ?? 1);
const KILLS = Number(process.env.CHAOS_KILLS ?? 5);
const REPLIES = Number(process.env.CHAOS_REPLIES ?? 150);
const AN_HOUR = 3_600_000;

test(
  `${REPLIES} replies among cuts, clock jumps and ${KILLS} kills keep every law (seed ${SEED})`,
  async () => {
    const plan = planRun({ seed: SEED, replies: REPLIES, kills: KILLS });
    const {
      violations,
      frozenUntil: _,
      ...figures
    } = await runChaos(plan, (line) => process.stdout.write(`${line}\n`));
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    const again = `CHAOS_SEED=${SEED} CHAOS_KILLS=${KILLS} CHAOS_REPLIES=${REPLIES} npm run test:chaos`;
    expect(violations.slice(0, 20), `${violations.length} violations; once more: ${again}`).toEqual([]);
    // Something was disturbed, and something went well, or the run showed nothing.
    expect(figures.kills + figures.deathsInCommit).toBeGreaterThanOrEqual(KILLS);
    expect(figures.cuts.clients).toBeGreaterThan(0);
    expect(figures.cuts.model).toBeGreaterThan(0);
    expect(figures.statuses['completed']).toBeGreaterThan(REPLIES / 3);
  },
  AN_HOUR,
);
