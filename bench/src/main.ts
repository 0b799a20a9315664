import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Load } from './load/load.ts';
import { Model } from './model/model.ts';
import { OptionsError, readOptions } from './options.ts';
import type { Options } from './options.ts';
import { isPinned } from './processes/pinning.ts';
import { describeMachine } from './report/machine.ts';
import { summarizeProfiles } from './report/profile.ts';
import { readResults, writeReport } from './report/report-files.ts';
import type { Results } from './report/results.ts';
import type { Bench } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';

/** `npm run bench [scenario…] [-- --short] [--profile] [--minutes=N]` */
const options = orExit(() => readOptions(process.argv.slice(2), Object.keys(SCENARIOS)));
// The figures of a short run mean nothing, and don't replace real ones.
const folder = options.isShort
  ? mkdtempSync(join(tmpdir(), 'millrace-bench-report-'))
  : join(import.meta.dirname, '../results');
const profileFolder = options.isProfiled ? mkdtempSync(join(tmpdir(), 'millrace-bench-profile-')) : null;
if (!isPinned)
  say('without taskset or a second core: processes share what there is, and figures are worth less');

const results = await measure(options);
writeReport(folder, results);
say(`the report is in ${folder}`);
if (profileFolder !== null) {
  say(`CPU profiles of Millrace are in ${profileFolder}`);
  process.stdout.write(summarizeProfiles(profileFolder));
}
// Open channels to child processes would keep this process running.
process.exit(0);

async function measure({ scenarios, isShort, minutes }: Options): Promise<Results> {
  const results = readResults(folder);
  results.machine = describeMachine(isPinned);
  const [model, load] = await Promise.all([Model.start(), Load.start()]);
  const bench: Bench = { model, load, isShort, minutes, profileFolder, say };
  for (const name of scenarios) {
    const startedAt = performance.now();
    say(name);
    const outcome = await SCENARIOS[name]?.(bench);
    if (!outcome) continue;
    results.scenarios[name] = { measuredAt: new Date().toISOString().slice(0, 10), ...outcome };
    // Saved after each scenario, so that a late failure doesn't lose an hour of figures.
    writeReport(folder, results);
    say(`${name} took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
  return results;
}

function say(line: string): void {
  process.stdout.write(`bench: ${line}\n`);
}

function orExit<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
