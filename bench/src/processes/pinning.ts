import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The side of a process in a measurement: the server has its own core, model and readers share another. */
export type Side = 'server' | 'load';

const CORES: Record<Side, string> = { server: '0', load: '1' };

/** Whether this machine can give each side its own core. */
export const isPinned = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0;

/** The wanted limit of open files, or the machine's maximum if that is lower (a stream is one file, or two with the model's). */
const FILES = 200_000;

/** The command prefix that runs a process on the core of its side, with that limit of open files. */
export function pinned(side: Side): [command: string, ...args: string[]] {
  const raise = `ulimit -n ${FILES} 2>/dev/null || ulimit -n "$(ulimit -H -n)"; exec "$@"`;
  return ['sh', '-c', raise, 'sh', ...(isPinned ? ['taskset', '-c', CORES[side]] : [])];
}
