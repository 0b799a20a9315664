import { readdirSync, readFileSync } from 'node:fs';

/** What a process has used, by Linux's account. */
export interface ProcessUsage {
  /** Of all its threads (µs). */
  cpu: number;
  /** Resident memory (KB). */
  memory: number;
}

/** @returns null where there is no `/proc`, or no such process */
export function usageOf(pid: number): ProcessUsage | null {
  try {
    const [, memory] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return { cpu: cpuOf(pid), memory: Number(memory) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return null;
    throw error;
  }
}

/** By the scheduler's account, in ns, where it keeps one; `stat` counts in ticks of 10 ms. */
function cpuOf(pid: number): number {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [ran] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      nanoseconds += Number(ran);
    }
    return nanoseconds / 1000;
  } catch (error) {
    // A thread that ended meanwhile, or a kernel without the account.
    if (!(error instanceof Error && 'code' in error)) throw error;
    return cpuByTicks(pid);
  }
}

const TICK = 10_000;

function cpuByTicks(pid: number): number {
  // The second field, the name, may hold anything in its parentheses; user and system time are 12th and 13th after it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}
