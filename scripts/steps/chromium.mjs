import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, run, say } from './processes.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * Where Chromium is, for the browser tests. On Debian, as root, it is installed when missing; elsewhere its absence is said,
 * and is an error where `CI` is "true".
 * @returns a path, or '' when there is none
 */
export async function findChromium() {
  const found = lookUp();
  if (found !== '') return found;
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    say('installing Chromium for the browser tests (once)');
    await run('apt-get', ['update', '-qq']);
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
    await run(
      'apt-get',
      ['install', '-qq', '-y', '--no-install-recommends', 'chromium', 'fonts-noto-color-emoji'],
      quiet,
    );
    return lookUp();
  }
  const advice = 'No Chromium found. Install Chromium or Chrome, or set CHROMIUM_PATH to one.';
  if (process.env.CI === 'true') fail(advice);
  say(`${advice} The browser tests are skipped.`);
  return '';
}

function lookUp() {
  const given = process.env.CHROMIUM_PATH;
  if (given) return given;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...PLACES];
  return candidates.find(isExecutable) ?? '';
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
