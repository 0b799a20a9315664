import { performance } from 'node:perf_hooks';

/**
 * The difference between `performance.now()` and the machine's monotonic clock (µs), which all processes share. `hrtime.bigint()`
 * reads that clock directly, at five times the cost. The largest of several differences is the least disturbed one.
 */
const OFFSET = calibrate();

/** The machine's monotonic clock (µs), the same in all processes. */
export function monotonicMicroseconds(): number {
  return Math.round(OFFSET + performance.now() * 1000);
}

function calibrate(): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const monotonic = Number(process.hrtime.bigint()) / 1000;
    largest = Math.max(largest, monotonic - performance.now() * 1000);
  }
  return largest;
}
