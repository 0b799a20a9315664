import { describe, expect, test } from 'vitest';
import { planRun } from './suite/plan.ts';
import type { PlanOptions } from './suite/plan.ts';
import { runChaos } from './suite/run.ts';
import type { RunReport } from './suite/run.ts';

const SEED = Number(process.env.CHAOS_SEED ?? 1);
const KILLS = Number(process.env.CHAOS_KILLS ?? 6);
const REPLIES = Number(process.env.CHAOS_REPLIES ?? 120);

/** Each run has a third of the replies and kills. */
const RUNS: [string, Pick<PlanOptions, 'nodes' | 'prunes'>][] = [
  ['two processes, whose clocks jump,', { nodes: 2, prunes: false }],
  ['two processes that throw old events away', { nodes: 2, prunes: true }],
  ['one process that throws old events away', { nodes: 1, prunes: true }],
];

describe(`${REPLIES} replies among cuts and ${KILLS} kills (seed ${SEED})`, () => {
  const reports: RunReport[] = [];

  test.concurrent.each(RUNS)('keep every law in %s', async (_processes, options) => {
    const kills = Math.ceil(KILLS / RUNS.length);
    const replies = Math.ceil(REPLIES / RUNS.length);
    const plan = planRun({ seed: SEED, replies, kills, ...options });
    const report = await runChaos(plan, (line) => process.stdout.write(`${line}\n`));
    reports.push(report);
    const { violations, frozenUntilMs: _, prunedBefore: __, endTimes: ___, ...figures } = report;
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    const again = `CHAOS_SEED=${SEED} CHAOS_KILLS=${KILLS} CHAOS_REPLIES=${REPLIES} npm run test:chaos`;
    expect(violations.slice(0, 20), `${violations.length} violations; once more: ${again}`).toEqual([]);
  });

  test('were disturbed in every way and mostly completed; otherwise the runs would prove nothing', () => {
    const sum = (count: (report: RunReport) => number) =>
      reports.reduce((total, report) => total + count(report), 0);
    expect(reports).toHaveLength(RUNS.length);
    expect(sum(({ kills, killsInCommit }) => kills + killsInCommit)).toBeGreaterThanOrEqual(KILLS);
    expect(sum(({ cuts }) => cuts.clients)).toBeGreaterThan(0);
    expect(sum(({ cuts }) => cuts.model)).toBeGreaterThan(0);
    expect(sum(({ statuses }) => statuses['completed'] ?? 0)).toBeGreaterThan(REPLIES / 3);
    expect(sum(({ continuations }) => continuations)).toBeGreaterThan(0);
    expect(sum(({ pruned }) => pruned)).toBeGreaterThan(0);
    expect(sum(({ snapshots }) => snapshots)).toBeGreaterThan(0);
  });
});
