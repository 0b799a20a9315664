import { fingerprint, isStamped, writeStamp } from './fingerprint.mjs';
import { run, say } from './processes.mjs';

const STAMP = 'node_modules/.millrace-installed';

/** Installs exactly what the lockfile says, unless that is what is there. */
export async function installDependencies() {
  const wanted = fingerprint(['package-lock.json']);
  if (isStamped(STAMP, wanted)) return;
  say('installing dependencies (once, and after each change of package-lock.json)');
  const npm = process.env.npm_execpath;
  // Node's own version is no matter here: what runs is the Node that is being installed.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm === undefined) await run('npm', args, {}, { shell: process.platform === 'win32' });
  else await run(process.execPath, [npm, ...args]);
  writeStamp(STAMP, wanted);
}
