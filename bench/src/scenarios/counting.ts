import { Histogram } from '../measure/histogram.ts';
import { median } from '../measure/statistics.ts';
import { pacedPlan } from '../model/plan.ts';
import type { Plan } from '../model/plan.ts';
import { medianAndSpread } from '../report/format.ts';
import { startMillrace, withSubjects } from '../scenario.ts';
import type { Bench, Scenario } from '../scenario.ts';
import type { Millrace } from '../subjects/millrace.ts';

const REPLIES = 64;
const LANES = 8;
const CHUNKS = 20;
const PER_SECOND = 50;
/** Many short rounds, because other load on the machine comes in bursts of seconds. */
const ROUNDS = 9;
/** The delay of a slow counting service (ms), below the time limit for counting at the end of a reply. */
const SLOW = 500;

interface Way {
  name: string;
  plan: Plan;
  /** The number of texts that must be counted for each reply: its own text. */
  counts: number;
}

/** Times from the request (ms). */
interface Times {
  firstMedian: number;
  firstP95: number;
  wholeMedian: number;
  wholeP95: number;
}

/** The delay that token counting adds for the reader. */
export const counting: Scenario = (bench) =>
  withSubjects([startMillrace(bench)], async ([millrace]) => {
    if (millrace === undefined) throw new Error('Millrace is missing');
    const plan = pacedPlan(bench.isShort ? 3 : CHUNKS, PER_SECOND);
    const ways: [Way, Way, Way] = [
      { name: 'usage reported', plan, counts: 0 },
      { name: 'counted', plan: { ...plan, hidesUsage: true }, counts: 1 },
      {
        name: `counted, in ${SLOW} ms`,
        plan: { ...plan, hidesUsage: true, countDelay: SLOW },
        counts: 1,
      },
    ];
    const requests = await millrace.requests(bench.isShort ? 8 : REPLIES);
    const warming = await millrace.requests(1);
    // One unmeasured round, in which the question is counted, which all chats share.
    for (const { plan } of ways) await timesOf(bench, millrace, plan, warming);

    const measured = new Map<Way, Times[]>(ways.map((way) => [way, []]));
    for (let round = 0; round < (bench.isShort ? 1 : ROUNDS); round += 1) {
      bench.say(`round ${round + 1}`);
      for (const way of ways) {
        measured.get(way)?.push(await timesOf(bench, millrace, way.plan, requests));
        const counts = await bench.model.countsAsked();
        const expected = way.counts * requests.length;
        if (counts !== expected) throw new Error(`${counts} texts were counted, not ${expected}`);
      }
    }
    const [reported, counted, slowly] = ways;
    const of = (way: Way, time: keyof Times) => (measured.get(way) ?? []).map((times) => times[time]);
    /** The ratios within each round. */
    const typical = (time: keyof Times, way: Way, compare: (time: number, reported: number) => number) => {
      const base = of(reported, time);
      return median(of(way, time).map((value, round) => compare(value, base[round] ?? Number.NaN)));
    };
    return {
      tables: [
        {
          title: `${requests.length} replies × ${plan.chunks} chunks at ${PER_SECOND}/s, ${LANES} at once`,
          note: 'The end of a reply waits up to one second for its count, and uses an estimate after that.',
          columns: ['model', 'first token p50 (ms)', 'p95', 'whole reply p50 (ms)', 'p95'],
          rows: ways.map((way) => [
            way.name,
            medianAndSpread(of(way, 'firstMedian')),
            medianAndSpread(of(way, 'firstP95')),
            medianAndSpread(of(way, 'wholeMedian')),
            medianAndSpread(of(way, 'wholeP95')),
          ]),
        },
      ],
      figures: {
        'counting.addedMedian': typical('wholeMedian', counted, difference),
        'counting.addedP95': typical('wholeP95', counted, difference),
        'counting.firstP95Ratio': typical('firstP95', counted, ratio),
        'counting.slow.firstP95Ratio': typical('firstP95', slowly, ratio),
      },
    };
  });

const difference = (one: number, other: number) => one - other;
const ratio = (one: number, other: number) => one / other;

async function timesOf(bench: Bench, millrace: Millrace, plan: Plan, requests: string[]): Promise<Times> {
  await bench.model.plan(plan);
  await millrace.rest();
  const report = await bench.load.repeat({ port: millrace.port, requests, lanes: LANES });
  const expected = requests.length * plan.chunks;
  if (report.chunks !== expected) throw new Error(`${report.chunks} chunks came, of ${expected}`);
  const first = Histogram.from(report.first);
  const whole = Histogram.from(report.whole);
  return {
    firstMedian: first.quantile(0.5) / 1000,
    firstP95: first.quantile(0.95) / 1000,
    wholeMedian: whole.quantile(0.5) / 1000,
    wholeP95: whole.quantile(0.95) / 1000,
  };
}
