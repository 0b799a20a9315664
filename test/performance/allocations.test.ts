import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Expected bytes on the heap for each event; measured by measure-allocations.ts. */
const USUAL: Record<string, number> = {
  'parse a chunk of the model': 1120,
  'encode an event and its frame': 640,
  'feed 10 readers': 760,
  'write an event to the log': 1130,
};
/** The compiler's timing changes the result by up to an eighth from run to run. A new allocation shows as more. */
const TOLERANCE = 1.3;

test('no part of the path from model to reader allocates more than expected', async () => {
  const youngGeneration = ['--min-semi-space-size=256', '--max-semi-space-size=256'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    ...youngGeneration,
    join(import.meta.dirname, 'measure-allocations.ts'),
  ]);
  const measured = JSON.parse(stdout) as Record<string, number>;
  expect(Object.keys(measured)).toEqual(Object.keys(USUAL));
  for (const [part, usual] of Object.entries(USUAL)) {
    expect(measured[part], part).toBeLessThan(usual * TOLERANCE);
  }
});
