import { setTimeout as sleep } from 'node:timers/promises';
import { Histogram } from '../measure/histogram.ts';
import { fastPlan } from '../model/plan.ts';
import { startMillrace, withSubjects } from '../scenario.ts';
import type { Bench, Cell, Scenario } from '../scenario.ts';
import type { Millrace } from '../subjects/millrace.ts';

const STARTS = 200;
const LANES = [1, 16];
/** Longer than the server caches a session. */
const FORGETTING = 6000;
/** Sign-ins use much CPU, and are not measured. */
const SIGNING_IN = 8;

interface Started {
  median: number;
  p99: number;
  whole: number;
  cpu: number | null;
}

/** From the request for a reply to its first event. */
export const start: Scenario = (bench) =>
  withSubjects([startMillrace(bench)], async ([millrace]) => {
    if (millrace === undefined) throw new Error('Millrace is missing');
    const count = bench.isShort ? 8 : STARTS;
    const known = await millrace.requests(count);
    const guests = await guestRequests(millrace, count);
    await bench.model.plan(fastPlan(1));
    // One unmeasured round, in which the code is compiled.
    await startAll(bench, millrace, known, 1);

    const figures: Record<string, number> = {};
    const rows: Cell[][] = [];
    const add = ([what, lanes]: [string, number], { median, p99, whole, cpu }: Started) =>
      rows.push([what, lanes, median, p99, whole, cpu]);
    for (const lanes of LANES) {
      bench.say(`${lanes} at once`);
      await sleep(bench.isShort ? 0 : FORGETTING);
      const cold = await startAll(bench, millrace, guests, lanes);
      const warm = await startAll(bench, millrace, known, lanes);
      add(['session looked up', lanes], cold);
      add(['session known', lanes], warm);
      if (lanes > 1) continue;
      figures['start.coldMedian'] = cold.median;
      figures['start.warmMedian'] = warm.median;
    }
    return {
      tables: [
        {
          title: `${count} replies of one chunk`,
          note: 'The server caches a session for five seconds. Times are from the request, on an open connection.',
          columns: ['caller', 'at once', 'first event p50 (ms)', 'p99', 'end p50 (ms)', 'ms CPU each'],
          rows,
        },
      ],
      figures,
    };
  });

/** Each is requested by a different guest, in a separate chat. */
async function guestRequests(millrace: Millrace, count: number): Promise<string[]> {
  const requests: string[] = [];
  while (requests.length < count) {
    const missing = Math.min(SIGNING_IN, count - requests.length);
    const signedIn = Array.from({ length: missing }, async () => {
      const token = await millrace.signIn();
      return millrace.sending(await millrace.createChat(token), token);
    });
    requests.push(...(await Promise.all(signedIn)));
  }
  return requests;
}

async function startAll(
  bench: Bench,
  millrace: Millrace,
  requests: string[],
  lanes: number,
): Promise<Started> {
  await millrace.rest();
  const before = millrace.usage();
  const report = await bench.load.repeat({ port: millrace.port, requests, lanes });
  const after = millrace.usage();
  if (report.chunks !== requests.length)
    throw new Error(`${report.chunks} chunks came, of ${requests.length}`);
  const firstByte = Histogram.from(report.firstByte);
  return {
    median: firstByte.quantile(0.5) / 1000,
    p99: firstByte.quantile(0.99) / 1000,
    whole: Histogram.from(report.whole).quantile(0.5) / 1000,
    cpu: before === null || after === null ? null : (after.cpu - before.cpu) / 1000 / requests.length,
  };
}
