import { readdirSync, readFileSync } from 'node:fs';

/** The resources that a process has used, according to Linux. */
export interface ProcessUsage {
  /** CPU time of all threads (µs). */
  cpu: number;
  /** Resident memory (KB). */
  memory: number;
}

/** @returns null without `/proc`, or without such a process */
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

/** From `schedstat`, in ns, if the kernel has it; `stat` counts in ticks of 10 ms. */
function cpuOf(pid: number): number {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [ran] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      nanoseconds += Number(ran);
    }
    return nanoseconds / 1000;
  } catch (error) {
    // The thread has ended meanwhile, or the kernel has no `schedstat`.
    if (!(error instanceof Error && 'code' in error)) throw error;
    return cpuByTicks(pid);
  }
}

const TICK = 10_000;

function cpuByTicks(pid: number): number {
  const [user, system] = ticksOf(pid);
  return (user + system) * TICK;
}

/** User and system time of the process, and of its ended children. */
function ticksOf(pid: number): [user: number, system: number, ofEnded: number] {
  // The second field, the name in parentheses, can contain any character; user and system time are the 12th and 13th field after it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const [user = 0, system = 0, userOfEnded = 0, systemOfEnded = 0] = fields.slice(11, 15).map(Number);
  return [user, system, userOfEnded + systemOfEnded];
}
