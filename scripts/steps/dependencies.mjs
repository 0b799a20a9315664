import { fingerprint, isStamped, writeStamp } from './fingerprint.mjs';
import { run, say } from './processes.mjs';

const STAMP = 'node_modules/.millrace-installed';

/** What a part is made of, as `npm ci` takes it. */
const PARTS = {
  app: ['--workspace=server', '--workspace=web', '--workspace=cli', '--include-workspace-root'],
  all: [],
};

/**
 * Installs exactly what the lockfile says, unless that is what is there.
 * @param part `app` is a part of `all`, and there when that is; the other way round all is installed anew
 */
export async function installDependencies(part) {
  const wanted = fingerprint(['package-lock.json']);
  const sufficient = part === 'app' ? ['app', 'all'] : ['all'];
  if (sufficient.some((installed) => isStamped(STAMP, `${wanted} ${installed}`))) return;
  say('installing dependencies (once, and after each change of package-lock.json)');
  const npm = process.env.npm_execpath;
  // Node's own version is no matter here: what runs is the Node that is being installed.
  const args = ['ci', ...PARTS[part], '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm === undefined) await run('npm', args, {}, { shell: process.platform === 'win32' });
  else await run(process.execPath, [npm, ...args]);
  writeStamp(STAMP, `${wanted} ${part}`);
}
