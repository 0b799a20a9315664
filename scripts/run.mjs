// The commands of package.json. Runs on whatever Node the machine has and needs nothing installed: it installs what is
// missing, and does the work itself on the Node of the `node` package.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findDatabases, startDatabases } from './steps/databases.mjs';
import { installDependencies } from './steps/dependencies.mjs';
import { findChromium } from './steps/chromium.mjs';
import { findNginx } from './steps/nginx.mjs';
import { buildCommandLine, buildPackage } from './steps/package.mjs';
import { buildWebApp } from './steps/web-app.mjs';
import { fail, root, runNode, runTool } from './steps/processes.mjs';

const WORKSPACES = [
  'protocol',
  'client',
  'gemini-simulator',
  'server',
  'cli',
  'web',
  'test',
  'bench',
  'examples/express',
  'examples/nest',
  'examples/next',
];

/** They need the server and the web app; the others everything, with what the examples and tests are made of. */
const APP_TASKS = new Set(['start', 'dev', 'build', 'ledger']);

/** What is planned anew for as many kills as are wanted. */
const LONG_CHAOS = ['test/chaos/chaos.test.ts', 'test/chaos/cluster-chaos.test.ts'];

const tasks = {
  async start() {
    await buildWebApp();
    await serve();
  },
  async dev() {
    const server = runNode(['--watch', ...environmentFile(), 'server/src/main.ts']);
    await Promise.race([server, runTool('vite', ['web'])]);
  },
  async build() {
    await buildWebApp();
  },
  /** What is published: the simulator in `gemini-simulator/dist`, the command line with all it needs in `cli/dist`. */
  async package() {
    await buildPackage('gemini-simulator');
    await buildWebApp();
    await buildCommandLine();
  },
  async test(...args) {
    await buildWebApp();
    await runTool('vitest', ['run', ...args], {
      MILLRACE_CHROMIUM: await findChromium(),
      MILLRACE_NGINX: await findNginx(),
      ...(await startDatabases()),
    });
  },
  /** With `--long` 200 kills and 10,000 replies, without what `npm test` does anyway. */
  async chaos(...args) {
    const others = args.filter((arg) => arg !== '--long');
    const databases = await startDatabases();
    if (others.length === args.length) return runTool('vitest', ['run', 'test/chaos', ...others], databases);
    const long = { ...databases, CHAOS_KILLS: '200', CHAOS_REPLIES: '10000' };
    await runTool('vitest', ['run', ...LONG_CHAOS, ...others], long);
  },
  /** Beside a running server too. */
  async ledger() {
    await runNode([...environmentFile(), 'server/src/check-ledger.ts']);
  },
  async check() {
    await runTool('oxfmt', ['--check']);
    await runTool('oxlint', ['--type-aware', '--deny-warnings']);
    for (const workspace of WORKSPACES) await runTool('tsc', ['-p', workspace]);
    await runTool('knip', []);
    await tasks.test();
  },
  /** With `--short` only to see that everything still runs. */
  async bench(...args) {
    await buildWebApp();
    await runNode(['bench/src/main.ts', ...args], {
      MILLRACE_CHROMIUM: await findChromium(),
      ...(await findDatabases()),
    });
  },
  /** Of every page and state of the app; with a part of a name only those. With `--shown` those of the README, anew. */
  async screenshots(...args) {
    await buildWebApp();
    const programs = { MILLRACE_CHROMIUM: await findChromium() };
    await runNode(['test/browser/scenes/take-screenshots.ts', ...args], programs);
  },
  async format() {
    await runTool('oxfmt', []);
    await runTool('oxlint', ['--type-aware', '--fix']);
  },
};

function serve() {
  return runNode([...environmentFile(), 'server/src/main.ts']);
}

/** Settings may be kept in a file. */
function environmentFile() {
  return existsSync(join(root, '.env')) ? ['--env-file=.env'] : [];
}

const [name, ...args] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) fail(`There is no task "${name}". There are: ${Object.keys(tasks).join(', ')}.`);
await installDependencies(APP_TASKS.has(name) ? 'app' : 'all');
await task(...args);
