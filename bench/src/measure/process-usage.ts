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

/** The CPU time of a process and of all its descendants, ended ones included; null if it can't be measured here. */
export function usageOfAll(pid: number): ProcessUsage | null {
  const own = usageOf(pid);
  if (own === null) return null;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const used = children.map((child) => usageOf(Number(child))).filter((usage) => usage !== null);
  const [, , ofEnded] = ticksOf(pid);
  return {
    cpu: used.reduce((sum, { cpu }) => sum + cpu, own.cpu + ofEnded * TICK),
    memory: used.reduce((sum, { memory }) => sum + memory, own.memory),
  };
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
  const [user, system] = ticksOf(pid);
  return (user + system) * TICK;
}

/** User and system time, and that of children that have ended and were waited for. */
function ticksOf(pid: number): [user: number, system: number, ofEnded: number] {
  // The second field, the name, may hold anything in its parentheses; user and system time are 12th and 13th after it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const [user = 0, system = 0, userOfEnded = 0, systemOfEnded = 0] = fields.slice(11, 15).map(Number);
  return [user, system, userOfEnded + systemOfEnded];
}
