import { setTimeout as sleep } from 'node:timers/promises';
import { Histogram } from '../measure/histogram.ts';
import { median } from '../measure/statistics.ts';
import { pacedPlan } from '../model/plan.ts';
import { medianAndSpread } from '../report/format.ts';
import { inRounds } from '../scenario.ts';
import type { Bench, Table } from '../scenario.ts';
import { noServer } from '../subjects/no-server.ts';
import type { Broadcaster, Subject } from '../subjects/subject.ts';

const READERS = 500;
const PER_SECOND = 50;
const SECONDS = 4;
const SETTLING = 1000;
const ROUNDS = 3;
/** The 500 readers all follow one reply, whose events go to all at once, or are spread over several replies. */
const SHAPES = [{ replies: 1 }, { replies: 50 }];
/** The shape that the target refers to. */
const JUDGED = 50;

interface Delays {
  median: number;
  p99: number;
  cpu: number | null;
}

/** 25,000 events per second to 500 readers. The added delay is the difference to readers that request the model directly. */
export async function steadyReaders(
  bench: Bench,
  [bare, millrace, unlogged]: [bare: Broadcaster, millrace: Broadcaster, unlogged: Broadcaster],
): Promise<{ tables: Table[]; figures: Record<string, number> }> {
  const figures: Record<string, number> = {};
  const tables: Table[] = [];
  for (const { replies } of bench.isShort ? [{ replies: 2 }] : SHAPES) {
    bench.say(`${READERS} readers of ${replies} at ${PER_SECOND}/s`);
    const subjects: Subject[] = [noServer(bench.model), bare, millrace, unlogged];
    const measured = await inRounds(bench.isShort ? 1 : ROUNDS, subjects, (subject) =>
      steadyRound(bench, subject, replies),
    );
    const of = (index: number, pick: 'median' | 'p99') =>
      median([...measured.values()][index]?.map((delays) => delays[pick]) ?? []);
    tables.push({
      title: `${bench.isShort ? 8 : READERS} readers × ${PER_SECOND} events/s, of ${replies === 1 ? 'one reply' : `${replies} replies`}`,
      note: 'Without a server each reader has its own reply.',
      columns: ['through', 'delay p50 (ms)', 'p99', 'added p50', 'added p99', 'µs CPU/event'],
      rows: [...measured].map(([{ name }, rounds], index) => [
        name,
        medianAndSpread(rounds.map((delays) => delays.median)),
        medianAndSpread(rounds.map((delays) => delays.p99)),
        index === 0 ? null : of(index, 'median') - of(0, 'median'),
        index === 0 ? null : of(index, 'p99') - of(0, 'p99'),
        medianAndSpread(rounds.map((delays) => delays.cpu)),
      ]),
    });
    const prefix = replies === JUDGED ? 'fan-out.25000' : `fan-out.25000.of${replies}`;
    figures[`${prefix}.addedMedian`] = of(2, 'median') - of(0, 'median');
    figures[`${prefix}.addedP99`] = of(2, 'p99') - of(0, 'p99');
    figures[`${prefix}.memory.addedMedian`] = of(3, 'median') - of(0, 'median');
    figures[`${prefix}.memory.addedP99`] = of(3, 'p99') - of(0, 'p99');
  }
  return { tables, figures };
}

async function steadyRound(bench: Bench, subject: Subject, replies: number): Promise<Delays> {
  const { model, load, isShort } = bench;
  const readers = isShort ? 8 : READERS;
  const seconds = isShort ? 0.4 : SECONDS;
  const chunks = Math.round(PER_SECOND * seconds);
  await model.plan({ ...pacedPlan(chunks, PER_SECOND), isHeld: true });
  const requests = await requestsOf(subject, replies, readers);
  const streams = await load.open({ port: subject.port, requests, chunks });
  await streams.begun();
  await model.release(canBroadcast(subject) ? replies : readers);
  const settling = isShort ? 0 : SETTLING;
  await sleep(settling);
  await streams.window();
  const before = subject.usage();
  await sleep((seconds * 1000 - settling) * 0.8);
  const window = await streams.window();
  const after = subject.usage();
  const { unfinished } = await streams.finish(seconds * 1000 + 5000);
  if (unfinished > 0) throw new Error(`${unfinished} readers had no end`);
  await subject.rest();
  const delays = Histogram.from(window.delays);
  return {
    median: delays.quantile(0.5) / 1000,
    p99: delays.quantile(0.99) / 1000,
    cpu: before === null || after === null ? null : (after.cpu - before.cpu) / window.chunks,
  };
}

/** One request for each reader, all for replies that have begun. */
async function requestsOf(subject: Subject, replies: number, readers: number): Promise<string[]> {
  if (!canBroadcast(subject)) return subject.requests(readers);
  const follows: string[] = [];
  for (let reply = 0; reply < replies; reply += 1) follows.push(await subject.broadcast());
  return Array.from({ length: readers }, (_reader, index) => follows[index % replies] ?? '');
}

function canBroadcast(subject: Subject): subject is Broadcaster {
  return 'broadcast' in subject;
}
