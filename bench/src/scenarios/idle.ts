import { setTimeout as sleep } from 'node:timers/promises';
import { pacedPlan } from '../model/plan.ts';
import { startMillrace, withSubjects } from '../scenario.ts';
import type { Bench, Cell, Outcome, Scenario } from '../scenario.ts';
import { bareHttp } from '../subjects/peers.ts';
import type { Broadcaster } from '../subjects/subject.ts';

const STREAMS = 10_000;
/** The number of silent replies that the readers follow. */
const REPLIES = 100;
/** Silent replies, each with a connection to the model and one reader. */
const RUNNING = 1000;
/** The time of two of Millrace's heartbeats. */
const WATCHED_MS = 30_000;
const OPENING = 200;
/** The wait until garbage from the start is collected. */
const SETTLING_MS = 3000;

interface Quiet {
  kilobytes: number;
  corePercent: number;
}

/** Open, silent streams. */
export const idle: Scenario = (bench) =>
  withSubjects<Broadcaster, Outcome>([startMillrace(bench), bareHttp(bench.model)], async (subjects) => {
    const streams = bench.isShort ? 50 : STREAMS;
    const running = bench.isShort ? 10 : RUNNING;
    const figures: Record<string, number> = {};
    const rows: Cell[][] = [];
    for (const subject of subjects) {
      bench.say(`${subject.name}, ${streams} streams`);
      const quiet = await openSilent(bench, subject, await followers(bench, subject, streams));
      rows.push([
        `${streams} readers of ${bench.isShort ? 5 : REPLIES} replies`,
        subject.name,
        ...cellsOf(quiet),
      ]);
      if (subject.name !== 'Millrace') continue;
      figures['idle.kilobytes'] = quiet.kilobytes;
      figures['idle.corePercent'] = quiet.corePercent;
    }
    for (const subject of subjects) {
      bench.say(`${subject.name}, ${running} running replies`);
      const quiet = await openSilent(bench, subject, await subject.requests(running));
      rows.push([`${running} running replies, a reader each`, subject.name, ...cellsOf(quiet)]);
    }
    return {
      tables: [
        {
          title: 'Quiet streams',
          note: 'Millrace’s CPU time includes two heartbeats per stream; `node:http` sends none.',
          columns: ['what', 'server', 'KB each', '% of a core'],
          rows,
        },
      ],
      figures,
    };
  });

function cellsOf({ kilobytes, corePercent }: Quiet): Cell[] {
  return [kilobytes, corePercent];
}

async function followers(bench: Bench, subject: Broadcaster, count: number): Promise<string[]> {
  await bench.model.plan({ ...pacedPlan(1, 1), isHeld: true });
  const follows: string[] = [];
  const replies = bench.isShort ? 5 : REPLIES;
  for (let reply = 0; reply < replies; reply += 1) follows.push(await subject.broadcast());
  return Array.from({ length: count }, (_reader, index) => follows[index % replies] ?? '');
}

async function openSilent(bench: Bench, subject: Broadcaster, requests: string[]): Promise<Quiet> {
  await bench.model.plan({ ...pacedPlan(1, 1), isHeld: true });
  await subject.rest();
  const before = subject.usage();
  const streams = await bench.load.open({ port: subject.port, requests, chunks: 0, opening: OPENING });
  await streams.begun();
  await sleep(bench.isShort ? 0 : SETTLING_MS);
  await subject.rest();
  const opened = subject.usage();
  const watched = bench.isShort ? 500 : WATCHED_MS;
  await sleep(watched);
  const after = subject.usage();
  await streams.close();
  await bench.model.hangUp();
  await subject.rest();
  if (before === null || opened === null || after === null) {
    return { kilobytes: Number.NaN, corePercent: Number.NaN };
  }
  return {
    kilobytes: (after.memory - before.memory) / requests.length,
    corePercent: (after.cpu - opened.cpu) / 10 / watched,
  };
}
