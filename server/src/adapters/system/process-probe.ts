import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessProbe } from '../../ports/process-probe.ts';

/**
 * Recognizes processes of this machine, boot and PID namespace by their PID and start time. It works on Linux only: elsewhere
 * processes are unknown, and their leases expire by time.
 */
export function createProcessProbe(): ProcessProbe {
  const namespace = processNamespace();
  const start = startTimeOf(process.pid);
  const self = namespace === null || start === null ? 'unknown' : `${namespace}|${process.pid}|${start}`;
  return {
    self,
    isGone(other) {
      const [otherNamespace, pid, startTime] = other.split('|');
      if (namespace === null || otherNamespace !== namespace) return false;
      return startTimeOf(Number(pid)) !== startTime;
    },
  };
}

/** Host, boot and PID namespace, within which a PID is unique. Null when it can't be read. */
function processNamespace(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()}/${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The start time in clock ticks since boot; null when there is no such process. */
function startTimeOf(pid: number): string | null {
  try {
    // The second field, the name in parentheses, may contain anything. The start time is the 20th field after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
    // A zombie has ended, and only waits for its parent.
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
