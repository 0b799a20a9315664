import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fingerprint, isStamped, writeStamp } from './fingerprint.mjs';
import { root, run, say } from './processes.mjs';

const STAMP = 'node_modules/.millrace-installed';
/** Exists while packages are installed, and holds the id of the process that installs them. */
const LOCK = join(root, '.millrace-installing');
const LOCK_POLL_INTERVAL_MS = 200;

/** The arguments of npm for each part. */
const PARTS = {
  app: ['--workspace=server', '--workspace=web', '--workspace=cli', '--include-workspace-root'],
  all: [],
};

/**
 * Installs exactly what the lockfile says, unless it is installed already. A server may run from this folder meanwhile: only the
 * first installation, or the repair of one that failed, replaces packages that the lockfile hasn't changed.
 * @param part `app` (server, command line and web app) is included in `all`
 */
export async function installDependencies(part) {
  if (isInstalled(part)) return;
  await acquireLock();
  try {
    if (!isInstalled(part)) await install(part);
  } finally {
    releaseLock();
  }
}

function isInstalled(part) {
  const sufficient = part === 'app' ? ['app', 'all'] : ['all'];
  return sufficient.some((installed) => isStamped(STAMP, stampOf(installed)));
}

const stampOf = (part) => `${fingerprint(['package-lock.json'])} ${part}`;

async function install(part) {
  say('installing dependencies (once, and after each change of package-lock.json)');
  // `npm ci` removes all packages first, also those that a running server has yet to load; `npm install` adds what is missing.
  const command = existsSync(join(root, STAMP)) ? ['install', '--no-save'] : ['ci'];
  // Without its stamp, an installation that fails half-way is replaced by the next one.
  rmSync(join(root, STAMP), { force: true });
  const args = [...command, ...PARTS[part], '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  // Any version of Node can install: the work runs on the Node that is installed here.
  if (npm === undefined) await run('npm', args, {}, { shell: process.platform === 'win32' });
  else await run(process.execPath, [npm, ...args]);
  writeStamp(STAMP, stampOf(part));
}

/** Waits until no other process installs packages here, for example `npm test` beside a first `npm start`. */
async function acquireLock() {
  let hasSaid = false;
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      // `run` ends this process when npm fails.
      process.on('exit', releaseLock);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = readOwner();
    if (owner !== null && !isRunning(owner)) {
      rmSync(LOCK, { force: true });
    } else if (owner !== null && !hasSaid) {
      say(`waiting for process ${owner}, which installs the dependencies (${LOCK})`);
      hasSaid = true;
    }
    await sleep(LOCK_POLL_INTERVAL_MS);
  }
}

function releaseLock() {
  process.off('exit', releaseLock);
  rmSync(LOCK, { force: true });
}

/** Returns null when the lock was released, or its owner hasn't written its id yet. */
function readOwner() {
  try {
    return Number(readFileSync(LOCK, 'utf8')) || null;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return null;
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process of another user exists, but can't be signalled.
    return error.code === 'EPERM';
  }
}
