import { setTimeout as sleep } from 'node:timers/promises';
import { Histogram } from '../measure/histogram.ts';
import { median } from '../measure/statistics.ts';
import { medianAndSpread, percent } from '../report/format.ts';
import { inRounds, loadCpu, startMillrace, withSubjects } from '../scenario.ts';
import type { Bench, Outcome, Scenario, Table } from '../scenario.ts';
import { bareHttp, bareHttpOneByOne } from '../subjects/peers.ts';
import type { Broadcaster } from '../subjects/subject.ts';
import { steadyReaders } from './steady-readers.ts';

const READERS = 1000;
/** Rates above every server's limit for a thousand readers, without and with merging (chunks/s). */
const SINGLE_RATE = 1000;
const MERGED_RATE = 16_000;
/** Short text, so that the number of events matters and not the bytes. */
const TEXT_LENGTH = 30;
const WARM_UP = 1500;
const WINDOW = 3000;
const ROUNDS = 3;
/** One in this number of readers is checked event by event, so that the readers don't limit the measurement. */
const CHECKED_ONE_IN = 20;

const ONE_BY_ONE_NOTE =
  'Events that reached readers while the server had more to write than it could. “One by one” writes each event as a separate frame. By default `node:http` joins all writes of one turn of the event loop.';
const MERGING_NOTE =
  'Default settings: `node:http` joins the writes of one turn, Millrace merges waiting events. The delay shows which one keeps up.';

/** One reply, or a few, with many readers. */
export const fanOut: Scenario = (bench) => {
  const starting = [
    bareHttp(bench.model),
    bareHttpOneByOne(bench.model),
    startMillrace(bench),
    startMillrace(bench, { name: 'Millrace, one by one', exchange: 'single-frames' }),
    startMillrace(bench, { name: 'Millrace, log off', exchange: 'memory-log' }),
  ];
  return withSubjects<Broadcaster, Outcome>(starting, async (subjects) => {
    const [bare, bareSingle, millrace, single, unlogged] = subjects as [
      Broadcaster,
      Broadcaster,
      Broadcaster,
      Broadcaster,
      Broadcaster,
    ];
    const saturated = await saturate(bench, [bareSingle, single, bare], SINGLE_RATE, ONE_BY_ONE_NOTE);
    const merged = await saturate(bench, [bare, millrace], MERGED_RATE, MERGING_NOTE);
    const steady = await steadyReaders(bench, [bare, millrace, unlogged]);
    return {
      tables: [saturated.table, merged.table, ...steady.tables],
      figures: {
        'fan-out.singleToBare': saturated.rate / saturated.bareRate,
        'fan-out.mergedToBare': merged.rate / saturated.bareRate,
        'fan-out.mergedToJoining': merged.rate / merged.bareRate,
        ...steady.figures,
      },
    };
  });
};

interface Saturated {
  /** Delivered events per second. */
  rate: number;
  cpu: number | null;
  loadShare: number;
  delayMedian: number;
}

/** @param subjects bare `node:http`, Millrace, and others */
async function saturate(
  bench: Bench,
  subjects: Broadcaster[],
  chunksPerSecond: number,
  note: string,
): Promise<{ table: Table; bareRate: number; rate: number }> {
  bench.say(`saturated, ${chunksPerSecond} chunks/s offered`);
  const measured = await inRounds(bench.isShort ? 1 : ROUNDS, subjects, (subject) =>
    saturatedRound(bench, subject, chunksPerSecond),
  );
  const rates = [...measured].map(([, rounds]) => median(rounds.map(({ rate }) => rate)));
  const [bareRate = Number.NaN, rate = Number.NaN] = rates;
  const table = {
    title: `${readersOf(bench)} readers of one reply, the model offering ${chunksPerSecond} chunks/s`,
    note,
    columns: [
      'server',
      'events/s to readers',
      'of node:http',
      'µs CPU/event',
      'delay p50 (ms)',
      'load’s core',
    ],
    rows: [...measured].map(([{ name }, rounds], index) => [
      name,
      medianAndSpread(rounds.map((round) => round.rate)),
      (rates[index] ?? Number.NaN) / bareRate,
      medianAndSpread(rounds.map((round) => round.cpu)),
      medianAndSpread(rounds.map((round) => round.delayMedian)),
      percent(median(rounds.map((round) => round.loadShare))),
    ]),
  };
  return { table, bareRate, rate };
}

async function saturatedRound(
  bench: Bench,
  subject: Broadcaster,
  chunksPerSecond: number,
): Promise<Saturated> {
  const { model } = bench;
  const plan = { perSecond: chunksPerSecond, textLength: TEXT_LENGTH, firstDelay: 0, isHeld: true };
  await model.plan({ ...plan, chunks: bench.isShort ? 50 : 1_000_000 });
  const follow = await subject.broadcast();
  const streams = await bench.load.open({
    port: subject.port,
    requests: [follow],
    times: readersOf(bench),
    chunks: 0,
    scanOneIn: bench.isShort ? 1 : CHECKED_ONE_IN,
  });
  await streams.begun();
  await model.release(1);
  await sleep(bench.isShort ? 0 : WARM_UP);
  await streams.window();
  const loadBefore = loadCpu(bench);
  const before = subject.usage();
  await sleep(bench.isShort ? 200 : WINDOW);
  const window = await streams.window();
  const after = subject.usage();
  const loadAfter = loadCpu(bench);
  await streams.close();
  await model.hangUp();
  await subject.rest();
  if (window.chunks === 0) throw new Error('The readers received nothing');
  return {
    rate: (window.chunks * 1e6) / window.elapsed,
    cpu: before === null || after === null ? null : (after.cpu - before.cpu) / window.chunks,
    loadShare:
      loadBefore === null || loadAfter === null ? Number.NaN : (loadAfter - loadBefore) / window.elapsed,
    delayMedian: Histogram.from(window.delays).quantile(0.5) / 1000,
  };
}

function readersOf({ isShort }: Bench): number {
  return isShort ? 20 : READERS;
}
