import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fail, run, say } from './processes.mjs';

/** The folders in which Debian and Homebrew have one folder for each version of PostgreSQL. They are not in PATH. */
const POSTGRES_FOLDERS = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'];

/**
 * The programs that tests need, by the name of the need.
 * - `name`: for messages
 * - `variable`: an environment variable that can hold the path
 * - `commands`: names to look for in PATH; `otherPaths()`: paths outside PATH
 * - `packages`: Debian's; `otherPackages`: used where apt doesn't have those
 * - `tests`: which tests are skipped without it
 * - `environment(path)`: the variables that contain its path for the tests; the path is '' if it is missing
 */
const PROGRAMS = {
  postgres: {
    name: 'PostgreSQL',
    variable: 'POSTGRES_PATH',
    commands: ['postgres'],
    otherPaths: () =>
      POSTGRES_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
        readdirSync(folder).map((version) => join(folder, version, 'bin/postgres')),
      ),
    packages: ['postgresql'],
    tests: 'tests with PostgreSQL',
    // `initdb` lies beside the program itself, not beside a link to it.
    environment: (path) => ({ MILLRACE_POSTGRES_BIN: path && dirname(realpathSync(path)) }),
  },
  redis: {
    name: 'Redis',
    variable: 'REDIS_PATH',
    commands: ['redis-server', 'valkey-server'],
    otherPaths: () => ['/opt/homebrew/bin/redis-server', '/opt/homebrew/bin/valkey-server'],
    packages: ['redis-server'],
    otherPackages: ['valkey-server'],
    tests: 'tests with Redis',
    environment: (path) => ({ MILLRACE_REDIS_SERVER: path }),
  },
  chromium: {
    name: 'Chromium',
    variable: 'CHROMIUM_PATH',
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    otherPaths: () => [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
    // Most tests run in the headless shell, which is twice as fast. The others need the whole browser.
    packages: ['chromium', 'chromium-headless-shell', 'fonts-noto-color-emoji'],
    otherPackages: ['chromium', 'fonts-noto-color-emoji'],
    tests: 'browser tests',
    environment: (path) => ({ MILLRACE_CHROMIUM: path }),
  },
  nginx: {
    name: 'nginx',
    variable: 'NGINX_PATH',
    commands: ['nginx'],
    otherPaths: () => ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/opt/homebrew/bin/nginx'],
    packages: ['nginx'],
    tests: 'tests behind nginx',
    environment: (path) => ({ MILLRACE_NGINX: path }),
  },
};

/**
 * Finds the programs that tests need. Missing ones are installed with apt where `CI` is "true", and elsewhere only after a
 * "yes" at the terminal. Otherwise the tests that need them are skipped; with `CI` a missing program is an error.
 * @param {Iterable<string>} needs keys of `PROGRAMS`; others are ignored
 * @returns the environment variables that tell the tests where the programs are
 */
export async function findPrograms(needs) {
  const programs = [...needs].flatMap((need) => PROGRAMS[need] ?? []);
  const missing = programs.filter((program) => findPath(program) === '');
  if (missing.length > 0) await installOrSkip(missing);
  return Object.assign({}, ...programs.map((program) => program.environment(findPath(program))));
}

async function installOrSkip(missing) {
  const names = missing.map(({ name }) => name).join(', ');
  const command = installCommand(missing);
  if (command !== null && (process.env.CI === 'true' || (await confirm(`Install ${names} with apt?`)))) {
    await install(command);
  }
  const absent = missing.filter((program) => findPath(program) === '');
  if (absent.length === 0) return;
  const variables = absent.map(({ variable }) => variable).join(', ');
  const advice = `Install with: ${command?.join(' ') ?? 'your package manager'}\n  Or set the path of the program in: ${variables}`;
  const missingNames = absent.map(({ name }) => name).join(', ');
  if (process.env.CI === 'true') fail(`${missingNames} not found.\n  ${advice}`);
  say(`${missingNames} not found. Skipping ${absent.map(({ tests }) => tests).join(', ')}.\n  ${advice}`);
}

/** The command that installs the programs; null where there is no apt. */
function installCommand(missing) {
  if (spawnSync('apt-get', ['--version']).status !== 0) return null;
  const packages = missing.flatMap(({ packages: preferred, otherPackages }) => {
    const isAvailable =
      otherPackages === undefined || spawnSync('apt-cache', ['show', ...preferred]).status === 0;
    return isAvailable ? preferred : otherPackages;
  });
  const prefix = process.getuid?.() === 0 ? [] : ['sudo'];
  return [...prefix, 'apt-get', 'install', '-y', '--no-install-recommends', ...packages];
}

async function install(command) {
  say(command.join(' '));
  const prefix = command[0] === 'sudo' ? ['sudo'] : [];
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  const [update, ...updateArgs] = [...prefix, 'apt-get', 'update', '-qq'];
  await run(update, updateArgs);
  const [program, ...args] = command;
  await run(program, [...args, '-qq'], quiet);
}

/** Asks at the terminal. @returns false without a terminal */
async function confirm(question) {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`millrace: ${question} (y/N) `);
  terminal.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

function findPath({ variable, commands, otherPaths }) {
  const configured = process.env[variable];
  if (configured && !isExecutable(configured)) fail(`${variable} names no program: ${configured}.`);
  if (configured) return configured;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const inPath = folders.flatMap((folder) => commands.map((command) => join(folder, command)));
  return [...inPath, ...otherPaths()].find(isExecutable) ?? '';
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
