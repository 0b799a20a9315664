import { spawn, spawnSync } from 'node:child_process';
import type {
  ChildProcess,
  ChildProcessByStdio,
  ChildProcessWithoutNullStreams,
  SpawnOptions,
  SpawnOptionsWithoutStdio,
  SpawnOptionsWithStdioTuple,
  StdioNull,
  StdioPipe,
} from 'node:child_process';
import type { Readable } from 'node:stream';

/**
 * With this prefix the Linux kernel kills a child when its parent ends, even if the parent crashed or the child is frozen.
 * `setpriv` replaces itself with the command, so the process id is the command's.
 */
const DIES_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL', '--'];
const prefix =
  spawnSync('setpriv', [...DIES_WITH_PARENT.slice(1), 'true']).status === 0 ? DIES_WITH_PARENT : [];

/**
 * Starts a program that doesn't outlive this process, so that a failed test leaves nothing running.
 * @param options with `detached`, the whole process group is killed
 */
export function spawnChild(
  command: string,
  args: readonly string[],
  options: SpawnOptionsWithStdioTuple<StdioNull, StdioPipe, StdioPipe>,
): ChildProcessByStdio<null, Readable, Readable>;
export function spawnChild(
  command: string,
  args: readonly string[],
  options?: SpawnOptionsWithoutStdio,
): ChildProcessWithoutNullStreams;
export function spawnChild(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
export function spawnChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const [program = command, ...programArgs] = [...prefix, command, ...args];
  const child = spawn(program, programArgs, options);
  const onExit = () => killNow(child, options.detached === true);
  const forget = () => process.off('exit', onExit);
  process.on('exit', onExit);
  child.on('exit', forget).on('error', forget);
  return child;
}

function killNow(child: ChildProcess, isGroup: boolean): void {
  if (child.pid === undefined) return;
  if (isGroup) process.kill(-child.pid, 'SIGKILL');
  else child.kill('SIGKILL');
}
