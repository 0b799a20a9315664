import { setTimeout as sleep } from 'node:timers/promises';
import { slope } from '../measure/statistics.ts';
import { pacedPlan } from '../model/plan.ts';
import { startMillrace, withSubjects } from '../scenario.ts';
import type { Cell, Scenario } from '../scenario.ts';

const REPLIES = 200;
const PER_SECOND = 20;
/** The duration of each reply, after which the next one begins (s). */
const REPLY_LENGTH = 10;
const MINUTES = 16;
const SAMPLING = 1000;
/** The share of the time that is warm-up: SQLite's page cache and the heap grow for some ten minutes. */
const WARM_UP = 2 / 3;
const ROWS = 12;

/** Resident memory while replies are always running. */
export const memory: Scenario = (bench) =>
  withSubjects([startMillrace(bench)], async ([millrace]) => {
    if (millrace === undefined) throw new Error('Millrace is missing');
    const minutes = bench.isShort ? 0.03 : (bench.minutes ?? MINUTES);
    const replyLength = bench.isShort ? 0.2 : REPLY_LENGTH;
    await bench.model.plan(pacedPlan(Math.ceil(PER_SECOND * replyLength), PER_SECOND));
    const requests = await millrace.requests(bench.isShort ? 4 : REPLIES);

    const points: [minute: number, megabytes: number][] = [];
    const startedAt = performance.now();
    const duration = minutes * 60_000;
    const repeating = bench.load.repeat({ port: millrace.port, requests, lanes: requests.length, duration });
    while (performance.now() - startedAt < duration) {
      await sleep(bench.isShort ? 100 : SAMPLING);
      const usage = millrace.usage();
      if (usage !== null) points.push([(performance.now() - startedAt) / 60_000, usage.memory / 1024]);
    }
    const { requests: replies } = await repeating;
    const steady = points.filter(([minute]) => minute >= minutes * WARM_UP);
    const growth = steady.length > 1 ? slope(steady) * 10 : Number.NaN;
    const every = Math.max(1, Math.floor(points.length / ROWS));
    const shown = points.filter((_point, index) => index % every === 0);
    return {
      tables: [
        {
          title: `${requests.length} replies at a time, ${replies} in all`,
          note: `${PER_SECOND} chunks/s for ${replyLength} s each. Growth after ${(minutes * WARM_UP).toFixed(1)} minutes, by least squares.`,
          columns: ['minute', ...shown.map(([minute]) => minute.toFixed(1)), 'MB in 10 minutes'],
          rows: [['RSS (MB)', ...shown.map(([, megabytes]): Cell => megabytes.toFixed(0)), growth]],
        },
      ],
      figures: { 'memory.megabytesIn10Minutes': growth },
    };
  });
