import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../processes/child.ts';
import { medianAndSpread } from '../report/format.ts';
import { median } from '../measure/statistics.ts';
import type { Scenario } from '../scenario.ts';
import { environmentFor, SERVER_MAIN } from '../subjects/millrace.ts';

const TIMES = 5;

/** The time until the server listens, with a new and with an existing data folder. */
export const coldStart: Scenario = async ({ model, isShort }) => {
  const fresh: number[] = [];
  const again: number[] = [];
  for (let round = 0; round < (isShort ? 1 : TIMES); round += 1) {
    const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
    const environment = environmentFor(dataDir, model.child.url);
    for (const times of [fresh, again]) {
      const startedAt = performance.now();
      const child = await Child.start(SERVER_MAIN, { side: 'server', environment });
      times.push(performance.now() - startedAt);
      await child.stop();
    }
    rmSync(dataDir, { recursive: true });
  }
  return {
    tables: [
      {
        title: 'Time until the server listens',
        note: 'Runs the TypeScript sources. Includes Node’s own start.',
        columns: ['data', 'ms'],
        rows: [
          ['new', medianAndSpread(fresh)],
          ['there', medianAndSpread(again)],
        ],
      },
    ],
    figures: { 'cold-start.fresh': median(fresh), 'cold-start.again': median(again) },
  };
};
