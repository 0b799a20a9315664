import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which side of a measurement a process is on: the server has a core to itself, model and readers share another. */
export type Side = 'server' | 'load';

const CORES: Record<Side, string> = { server: '0', load: '1' };

/** Whether each side can be given a core of its own here. */
export const isPinned = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0;

/** As many files as a process may have open here, if it may have so many (a stream is one, or two with the model's). */
const FILES = 200_000;

/** What a process's command line begins with so that it runs on its side's core, with as many files open as it may. */
export function pinned(side: Side): [command: string, ...args: string[]] {
  const raise = `ulimit -n ${FILES} 2>/dev/null || ulimit -n "$(ulimit -H -n)"; exec "$@"`;
  return ['sh', '-c', raise, 'sh', ...(isPinned ? ['taskset', '-c', CORES[side]] : [])];
}
