import { median } from '../measure/statistics.ts';
import { medianAndSpread, percent } from '../report/format.ts';
import { inRounds, withSubjects } from '../scenario.ts';
import type { Bench, Outcome, Scenario } from '../scenario.ts';
import type { Subject } from '../subjects/subject.ts';
import { relayRound, startServers } from './relay-round.ts';
import type { RelayRound } from './relay-round.ts';

/** The first rate of the search, of all replies together (events/s). */
const FIRST_RATE = 2000;
const REPLIES = 500;
/** Long enough that all replies have begun before the steady part. */
const SECONDS = 5;
/** The factor by which the rate grows until it is too high. The steps are then halved down to `PRECISION`. */
const GROWTH = 1.6;
const PRECISION = 1.08;
const MOST = 200_000;
/** The maximum delay of an event in the steady part (ms). No event may be missing, except those in flight. */
const LATEST = 100;
const MIN_DELIVERED_SHARE = 0.97;
const ROUNDS = 2;

interface Found {
  /** The highest rate it kept up with (events/s); 0 if the first rate was too high. */
  rate: number;
  /** The round at this rate. */
  round: RelayRound | null;
}

/** The throughput limit of a server, with model and readers that don't wait. */
export const saturation: Scenario = (bench) => {
  return withSubjects<Subject, Outcome>(startServers(bench), async (subjects) => {
    const from = new Map<string, number>();
    const measured = await inRounds(bench.isShort ? 1 : ROUNDS, subjects, async (subject) => {
      const found = await findMost(bench, subject, from.get(subject.name) ?? FIRST_RATE);
      bench.say(`${subject.name}: ${Math.round(found.rate)} events/s`);
      // A little below the found rate, so that the second search needs few steps.
      from.set(subject.name, found.rate / GROWTH);
      return found;
    });
    const rateOf = (name: string) => {
      const [, found = []] = [...measured].find(([subject]) => subject.name === name) ?? [];
      return median(found.map(({ rate }) => rate));
    };
    return {
      tables: [
        {
          title: `${bench.isShort ? 8 : REPLIES} replies, none late by ${LATEST} ms`,
          note: 'A rate that fails is tried once more, because of other load on the machine. At the highest rate:',
          columns: [
            'through',
            'events/s',
            'of node:http',
            'delay p50 (ms)',
            'p99',
            'µs CPU/event',
            'load’s core',
          ],
          rows: [...measured].map(([{ name }, found]) => {
            const rounds = found.flatMap(({ round }) => round ?? []);
            return [
              name,
              medianAndSpread(found.map(({ rate }) => rate)),
              rateOf(name) / rateOf('node:http'),
              medianAndSpread(rounds.map((round) => round.delayMedian)),
              medianAndSpread(rounds.map((round) => round.delayP99)),
              medianAndSpread(rounds.map((round) => round.cpu)),
              percent(median(rounds.map((round) => round.loadShare))),
            ];
          }),
        },
      ],
      figures: {
        'saturation.millrace': rateOf('Millrace'),
        'saturation.toBare': rateOf('Millrace') / rateOf('node:http'),
        'saturation.toAiSdk': rateOf('Millrace') / rateOf('AI SDK streamText'),
      },
    };
  });
};

async function findMost(bench: Bench, subject: Subject, from: number): Promise<Found> {
  if (bench.isShort) return { rate: 100, round: await tryRate(bench, subject, 100) };
  let best: Found = { rate: 0, round: null };
  let rate = Math.max(from, FIRST_RATE / 8);
  let step = GROWTH;
  let isTooMuch = false;
  while (step > PRECISION && rate < MOST) {
    const round = (await tryRate(bench, subject, rate)) ?? (await tryRate(bench, subject, rate));
    if (round === null) isTooMuch = true;
    else best = { rate, round };
    // After the first rate that was too high, each step is half of the one before.
    if (isTooMuch) step = Math.sqrt(step);
    rate = round === null ? rate / step : rate * step;
  }
  return best;
}

/** @returns null if the rate was too high */
async function tryRate(bench: Bench, subject: Subject, rate: number): Promise<RelayRound | null> {
  const replies = bench.isShort ? 8 : REPLIES;
  const seconds = bench.isShort ? 0.5 : SECONDS;
  const round = await relayRound(bench, subject, { replies, perSecond: rate / replies, seconds, spread: 0 });
  if (bench.isShort) return round;
  return round.delayMax < LATEST && round.deliveredShare >= MIN_DELIVERED_SHARE ? round : null;
}
