import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from '../measure/statistics.ts';
import { fastPlan, pacedPlan } from '../model/plan.ts';
import type { Plan } from '../model/plan.ts';
import { pinned } from '../processes/pinning.ts';
import { medianAndSpread } from '../report/format.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { WAYS } from './adapter/ways.ts';
import type { WayName } from './adapter/ways.ts';

interface Shape {
  title: string;
  plan: Plan;
  replies: number;
}

const ROUNDS = 3;
const run = promisify(execFile);

/** The cost of each way to read the model. */
export const adapter: Scenario = async (bench) => {
  const shapes: Shape[] = bench.isShort
    ? [{ title: '4 replies at full speed', plan: fastPlan(50), replies: 4 }]
    : [
        { title: '16 replies at full speed', plan: fastPlan(3000), replies: 16 },
        { title: '200 replies × 50/s', plan: pacedPlan(150, 50), replies: 200 },
      ];
  const names = Object.keys(WAYS) as WayName[];
  const costs = new Map<string, number[]>();
  const keyOf = (name: WayName, shape: Shape) => `${name} ${shape.title}`;
  for (const shape of shapes) {
    bench.say(shape.title);
    for (let round = 0; round < (bench.isShort ? 1 : ROUNDS); round += 1) {
      for (const name of names) {
        const key = keyOf(name, shape);
        costs.set(key, [...(costs.get(key) ?? []), await costOf(bench, name, shape)]);
      }
    }
  }
  const [fast] = shapes;
  const fastCost = (name: WayName) =>
    fast === undefined ? Number.NaN : median(costs.get(keyOf(name, fast)) ?? []);
  return {
    tables: [
      {
        title: 'µs CPU for each chunk',
        note: 'One process per way and round, after one unmeasured round.',
        columns: ['way', ...shapes.map(({ title }) => title), 'of Millrace, full speed'],
        rows: names.map((name) => [
          name,
          ...shapes.map((shape) => medianAndSpread(costs.get(keyOf(name, shape)) ?? [])),
          fastCost(name) / fastCost('Millrace'),
        ]),
      },
    ],
    figures: {
      'adapter.millrace': fastCost('Millrace'),
      'adapter.toBare': fastCost('Millrace') / fastCost('undici + eventsource-parser'),
      'adapter.toGenai': fastCost('Millrace') / fastCost('@google/genai'),
      'adapter.toAiSdk': fastCost('Millrace') / fastCost('AI SDK streamText'),
    },
  };
};

/** @returns µs of CPU per chunk */
async function costOf({ model }: Bench, name: WayName, { plan, replies }: Shape): Promise<number> {
  await model.plan(plan);
  const [command, ...args] = pinned('server');
  const file = join(import.meta.dirname, 'adapter/adapter-process.ts');
  const { stdout } = await run(command, [...args, process.execPath, file], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      MODEL_URL: model.child.url,
      WAY: name,
      REPLIES: String(replies),
      CHUNKS: String(plan.chunks),
    },
  });
  return Number(stdout);
}
