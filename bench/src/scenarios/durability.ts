import { median } from '../measure/statistics.ts';
import { fastPlan } from '../model/plan.ts';
import { medianAndSpread } from '../report/format.ts';
import { inRounds, startMillrace, withSubjects } from '../scenario.ts';
import type { Bench, Outcome, Scenario } from '../scenario.ts';
import type { Subject } from '../subjects/subject.ts';
import { relayRound } from './relay-round.ts';

/** At full speed. */
const FAST_REPLIES = 50;
const FAST_CHUNKS = 4000;
/** At a pace below the server's limit. */
const PACED = { replies: 200, perSecond: 50, seconds: 5, spread: 0 };
const ROUNDS = 3;

interface Durable {
  /** Events/s at full speed. */
  rate: number;
  cpu: number | null;
  /** Of events at a pace (ms). */
  delayMedian: number;
  delayP99: number;
}

/** The cost of durability before delivery. */
export const durability: Scenario = (bench) => {
  const starting = [
    startMillrace(bench, { name: 'log on' }),
    startMillrace(bench, { name: 'log off', exchange: 'memory-log' }),
  ];
  return withSubjects<Subject, Outcome>(starting, async (subjects) => {
    const measured = await inRounds(bench.isShort ? 1 : ROUNDS, subjects, async (subject) => {
      bench.say(subject.name);
      return durableRound(bench, subject);
    });
    const [on = [], off = []] = measured.values();
    const lost = 1 - median(on.map(({ rate }) => rate)) / median(off.map(({ rate }) => rate));
    const added =
      median(on.map((round) => round.delayMedian)) - median(off.map((round) => round.delayMedian));
    return {
      tables: [
        {
          title: 'Log on and off',
          note: `${FAST_REPLIES} replies of ${FAST_CHUNKS} chunks at full speed; and ${PACED.replies} × ${PACED.perSecond}/s.`,
          columns: ['', 'events/s', 'µs CPU/event', 'paced delay p50 (ms)', 'p99'],
          rows: [...measured].map(([{ name }, rounds]) => [
            name,
            medianAndSpread(rounds.map(({ rate }) => rate)),
            medianAndSpread(rounds.map(({ cpu }) => cpu)),
            medianAndSpread(rounds.map(({ delayMedian }) => delayMedian)),
            medianAndSpread(rounds.map(({ delayP99 }) => delayP99)),
          ]),
        },
      ],
      figures: { 'durability.throughputLostPercent': lost * 100, 'durability.addedMedian': added },
    };
  });
};

async function durableRound(bench: Bench, subject: Subject): Promise<Durable> {
  const { model, load, isShort } = bench;
  const chunks = isShort ? 50 : FAST_CHUNKS;
  const requests = await subject.requests(isShort ? 4 : FAST_REPLIES);
  await model.plan(fastPlan(chunks));
  await subject.rest();
  const before = subject.usage();
  const streams = await load.open({ port: subject.port, requests, chunks });
  const fast = await streams.finish(120_000);
  const after = subject.usage();
  if (fast.unfinished > 0) throw new Error(`${fast.unfinished} replies had no end`);
  await subject.rest();
  const paced = await relayRound(bench, subject, isShort ? { ...PACED, replies: 4, seconds: 0.4 } : PACED);
  return {
    rate: (fast.chunks * 1e6) / fast.lasted,
    cpu: before === null || after === null ? null : (after.cpu - before.cpu) / fast.chunks,
    delayMedian: paced.delayMedian,
    delayP99: paced.delayP99,
  };
}
