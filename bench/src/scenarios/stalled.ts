import { setTimeout as sleep } from 'node:timers/promises';
import type { Streams } from '../load/load.ts';
import { Histogram } from '../measure/histogram.ts';
import { median } from '../measure/statistics.ts';
import { pacedPlan } from '../model/plan.ts';
import { medianAndSpread } from '../report/format.ts';
import { inRounds, startMillrace, withSubjects } from '../scenario.ts';
import type { Bench, Outcome, Scenario } from '../scenario.ts';
import { bareHttp } from '../subjects/peers.ts';
import type { Broadcaster } from '../subjects/subject.ts';

const STALLED = 1000;
const OTHERS = 50;
/** The reply of the stalled readers: 400 KB per second, far more than the kernel buffers. */
const LOUD = { perSecond: 200, textLength: 2000 };
/** The replies of the other readers. */
const QUIET_PER_SECOND = 50;
const WATCHED = 5000;
const ROUNDS = 2;

interface Stalled {
  kilobytes: number;
  /** The delays of the other readers, before and during the stall (ms). */
  before: number;
  during: number;
}

/** A thousand readers open a reply and read none of it; fifty others read other replies. */
export const stalled: Scenario = (bench) =>
  withSubjects<Broadcaster, Outcome>([startMillrace(bench), bareHttp(bench.model)], async (subjects) => {
    const measured = await inRounds(bench.isShort ? 1 : ROUNDS, subjects, (subject) => {
      bench.say(`${subject.name}, ${STALLED} readers`);
      return stalledRound(bench, subject);
    });
    const [rounds = []] = measured.values();
    const of = (pick: (round: Stalled) => number) => median(rounds.map(pick));
    return {
      tables: [
        {
          title: `${bench.isShort ? 20 : STALLED} readers that stopped, ${LOUD.perSecond * LOUD.textLength} characters/s for each`,
          note: `Growth of resident memory over ${WATCHED / 1000} s, per reader, and the delays of ${OTHERS} readers of other replies.`,
          columns: ['server', 'KB each', 'others’ p99 before (ms)', 'meanwhile'],
          rows: [...measured].map(([{ name }, results]) => [
            name,
            medianAndSpread(results.map(({ kilobytes }) => kilobytes)),
            medianAndSpread(results.map(({ before }) => before)),
            medianAndSpread(results.map(({ during }) => during)),
          ]),
        },
      ],
      figures: {
        'stalled.kilobytes': of(({ kilobytes }) => kilobytes),
        'stalled.othersP99Ratio': of(({ before, during }) => during / before),
      },
    };
  });

async function stalledRound(bench: Bench, subject: Broadcaster): Promise<Stalled> {
  const { model, load, isShort } = bench;
  const watched = isShort ? 400 : WATCHED;
  const count = isShort ? 20 : STALLED;
  await model.plan({ ...pacedPlan(1_000_000, LOUD.perSecond), ...LOUD, isHeld: true });
  const requests = [await subject.broadcast()];
  const stalling = await load.open({
    port: subject.port,
    requests,
    times: count,
    chunks: 0,
    isStalling: true,
  });
  await stalling.begun();

  await model.plan(pacedPlan(1_000_000, QUIET_PER_SECOND));
  const others = await load.open({
    port: subject.port,
    requests: await subject.requests(isShort ? 4 : OTHERS),
    chunks: 0,
  });
  await sleep(isShort ? 200 : 2000);
  await others.window();
  const before = await p99After(others, watched);
  const memory = subject.usage()?.memory ?? Number.NaN;
  await model.release(1);
  const during = await p99After(others, watched);
  const grown = (subject.usage()?.memory ?? Number.NaN) - memory;

  await others.close();
  await stalling.close();
  await model.hangUp();
  await subject.rest();
  return { kilobytes: grown / count, before, during };
}

async function p99After(streams: Streams, watched: number): Promise<number> {
  await sleep(watched);
  const { chunks, delays } = await streams.window();
  if (chunks === 0) throw new Error('The other readers got nothing');
  return Histogram.from(delays).quantile(0.99) / 1000;
}
