import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const bin = join(root, 'node_modules', '.bin');
/** The Node of the `node` package. */
export const node = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/** Node's compile cache: the next start takes a third less CPU. */
const compiled = join(root, 'node_modules/.cache/compiled');

const isAtTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);

/** npm's shell. npm passes a SIGTERM on to it, but it doesn't pass it on to this process. Null when npm didn't start this process. */
const shell = process.env.npm_lifecycle_event === undefined ? null : process.ppid;
const SHELL_POLL_INTERVAL_MS = 200;

export function say(line) {
  process.stdout.write(`millrace: ${line}\n`);
}

export function fail(line) {
  process.stderr.write(`millrace: ${line}\n`);
  process.exit(1);
}

/** Runs the project's own Node. Ends this process with its exit code if that isn't 0. */
export function runNode(args, environment = {}) {
  return run(node, args, environment);
}

/** Runs an installed package's command on the project's own Node. */
export function runTool(name, args, environment = {}) {
  const folder = join(root, 'node_modules', { tsc: 'typescript' }[name] ?? name);
  const { bin: commands } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return runNode(
    [join(folder, typeof commands === 'string' ? commands : commands[name]), ...args],
    environment,
  );
}

/** Resolves when the command has succeeded. Otherwise this process ends with the exit code of the command. */
export function run(command, args, environment = {}, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: {
        NODE_COMPILE_CACHE: compiled,
        ...process.env,
        PATH: `${bin}${delimiter}${process.env.PATH}`,
        ...environment,
      },
      ...options,
    });
    const forward = (signal) => child.kill(signal);
    // A terminal sends Ctrl+C to the child too, and a second signal would end it at once.
    const onInterrupt = isAtTerminal ? () => {} : forward;
    process.on('SIGTERM', forward);
    process.on('SIGINT', onInterrupt);
    const stopWatching = shell === null ? () => {} : onceGone(shell, () => child.kill('SIGTERM'));
    child.on('error', (error) => fail(`${command} could not be run: ${error.message}`));
    child.on('exit', (code, signal) => {
      stopWatching();
      process.off('SIGTERM', forward);
      process.off('SIGINT', onInterrupt);
      if (code !== 0) process.exit(code ?? (signal === 'SIGINT' ? 130 : 1));
      resolve();
    });
  });
}

/** Calls back when the parent has ended: this process then belongs to another one. @returns stops watching */
function onceGone(parent, callback) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, SHELL_POLL_INTERVAL_MS);
  return () => clearInterval(timer);
}
