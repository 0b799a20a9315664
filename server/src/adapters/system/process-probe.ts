import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessProbe } from '../../ports/process-probe.ts';

/**
 * Knows processes of this machine, boot and PID namespace by their PID and start time (Linux alone; elsewhere nothing is
 * certain and leases lapse in their own time).
 */
export function createProcessProbe(): ProcessProbe {
  const place = placeOf();
  const start = startTimeOf(process.pid);
  const self = place === null || start === null ? 'unknown' : `${place}|${process.pid}|${start}`;
  return {
    self,
    isGone(other) {
      const [otherPlace, pid, startTime] = other.split('|');
      if (place === null || otherPlace !== place) return false;
      return startTimeOf(Number(pid)) !== startTime;
    },
  };
}

/** Host, boot and PID namespace: where a PID means the same. Null when that can't be told. */
function placeOf(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()}/${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** In clock ticks since the boot; null when there is no such process. */
function startTimeOf(pid: number): string | null {
  try {
    // The name, the second field, may hold anything in its parentheses; the start time is the 20th after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
    // A zombie has ended, and waits only to be asked how.
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
