// The commands of package.json. Runs on any Node from version 20 on, and needs nothing installed: it installs what is missing,
// and runs the work on the Node of the `node` package.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startBusyLoops } from './steps/busy-loops.mjs';
import { startDatabases } from './steps/databases.mjs';
import { installDependencies } from './steps/dependencies.mjs';
import { lint } from './steps/lint.mjs';
import { buildCommandLine, buildPackage } from './steps/package.mjs';
import { fail, root, runNode, runTool } from './steps/processes.mjs';
import { findPrograms } from './steps/programs.mjs';
import { allNeeds, chosenTestFiles, withTestsOfSources } from './steps/test-files.mjs';
import { buildWebApp } from './steps/web-app.mjs';
import { checkWords } from './steps/words.mjs';

/** Tasks for which the dependencies of the server, the command line and the web app are enough. */
const APP_TASKS = new Set(['start', 'dev', 'build', 'check:ledger']);

/** The chaos tests whose plan is scaled by `--long`. */
const LONG_CHAOS = ['test/chaos/chaos.test.ts', 'test/chaos/cluster-chaos.test.ts'];

const tasks = {
  async start() {
    await buildWebApp();
    await runServer();
  },
  async dev() {
    const server = runServer(['--watch']);
    await Promise.race([server, runTool('vite', ['web'])]);
  },
  async build() {
    await buildWebApp();
  },
  /** Builds the published packages: the simulator in `gemini-simulator/dist`, the command line in `cli/dist`. */
  async package() {
    await buildPackage('gemini-simulator');
    await buildWebApp();
    await buildCommandLine();
  },
  /** Format, words, lint rules, types, dead code: everything that runs no test. */
  async lint() {
    await lint();
  },
  /** Arguments are Vitest's: paths (all tests without any), and options. Starts only the services that these tests need. */
  async test(...args) {
    await runTests(args);
  },
  /** No services. */
  async 'test:unit'(...args) {
    await runTests(['--project=unit', ...args]);
  },
  /** Properties and fuzzing: random inputs, no services. */
  async 'test:properties'(...args) {
    await runTests(['--project=properties', ...args]);
  },
  /** Contract suites on PostgreSQL and Redis. */
  async 'test:databases'(...args) {
    await runTests(['--project=databases', ...args]);
  },
  /** Whole servers, called over HTTP and from the command line. */
  async 'test:api'(...args) {
    await runTests(['--project=api*', ...args]);
  },
  async 'test:browser'(...args) {
    await runTests(['--project=browser', ...args]);
  },
  /** With `--long`: 200 kills and 10,000 replies, and only the tests that this scales. */
  async 'test:chaos'(...args) {
    const options = args.filter((arg) => arg !== '--long');
    const isLong = options.length < args.length;
    const scale = isLong ? { CHAOS_KILLS: '200', CHAOS_REPLIES: '10000' } : {};
    await runTests(['--project=chaos', ...(isLong ? LONG_CHAOS : []), ...options], scale);
  },
  /** The tests on a machine whose cores are oversubscribed four times. */
  async 'test:busy'(...args) {
    startBusyLoops();
    await runTests(args);
  },
  /** Prints each use of a word that the project doesn't use, with what to write instead. */
  async 'lint:words'() {
    checkWords();
  },
  async check() {
    await lint();
    await runTests([]);
  },
  /** Can run beside a running server. */
  async 'check:ledger'() {
    await runNode(['cli/bin/millrace.mjs', 'ledger', 'check']);
  },
  /** With `--short` it only checks that each scenario runs. */
  async bench(...args) {
    await buildWebApp();
    const programs = await findPrograms(['chromium', 'postgres', 'redis']);
    await runNode(['bench/src/main.ts', ...args], programs);
  },
  /** Takes screenshots of all pages and states of the app, or only of scenes whose name contains an argument. With `--shown` it updates the README's screenshots. */
  async screenshots(...args) {
    await buildWebApp();
    const programs = await findPrograms(['chromium']);
    await runNode(['test/browser/scenes/take-screenshots.ts', ...args], programs);
  },
  async format() {
    await runTool('oxfmt', []);
    await runTool('oxlint', ['--type-aware', '--fix']);
  },
};

async function runTests(given, environment = {}) {
  const args = withTestsOfSources(given);
  const needs = allNeeds(chosenTestFiles(args));
  if (needs.has('webApp')) await buildWebApp();
  const programs = await findPrograms(needs);
  const databases = await startDatabases(programs);
  const mode = args.includes('--watch') ? [] : ['run'];
  await runTool('vitest', [...mode, ...args], { ...programs, ...databases, ...environment });
}

function runServer(nodeOptions = []) {
  return runNode([...nodeOptions, ...environmentFile(), 'server/src/main.ts']);
}

/** Settings can be in a file `.env`. */
function environmentFile() {
  return existsSync(join(root, '.env')) ? ['--env-file=.env'] : [];
}

const [name, ...args] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) {
  const problem = name === undefined ? 'Name a task.' : `There is no task "${name}".`;
  fail(`${problem} Tasks: ${Object.keys(tasks).join(', ')}.`);
}
await installDependencies(APP_TASKS.has(name) ? 'app' : 'all');
await task(...args);
