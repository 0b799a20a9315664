import { fingerprint, isStamped, writeStamp } from './fingerprint.mjs';
import { run, say } from './processes.mjs';

const STAMP = 'node_modules/.millrace-installed';

/** The arguments of `npm ci` for each part. */
const PARTS = {
  app: ['--workspace=server', '--workspace=web', '--workspace=cli', '--include-workspace-root'],
  all: [],
};

/**
 * Installs exactly what the lockfile says, unless it is installed already.
 * @param part `app` (server, command line and web app) is included in `all`
 */
export async function installDependencies(part) {
  const wanted = fingerprint(['package-lock.json']);
  const sufficient = part === 'app' ? ['app', 'all'] : ['all'];
  if (sufficient.some((installed) => isStamped(STAMP, `${wanted} ${installed}`))) return;
  say('installing dependencies (once, and after each change of package-lock.json)');
  const npm = process.env.npm_execpath;
  // Any version of Node can install: the work runs on the Node that is installed here.
  const args = ['ci', ...PARTS[part], '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm === undefined) await run('npm', args, {}, { shell: process.platform === 'win32' });
  else await run(process.execPath, [npm, ...args]);
  writeStamp(STAMP, `${wanted} ${part}`);
}
