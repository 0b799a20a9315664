const SMALL_CHARS = 1000;
const GROWTH = 20;
const MIN_ATTEMPTS = 5;
const MAX_ATTEMPTS = 20;

/** Linear work grows by 1 to 2, quadratic work by 20. */
export const MAX_LINEAR_GROWTH = 8;

/**
 * How many times more time per character a text of 20,000 characters takes than one of 1,000. A ratio doesn't depend on the speed of the
 * machine, and the shortest of several attempts is one that no other process interrupted. No further attempt is made once the growth
 * is linear.
 */
export function costGrowth(mark: string, work: (text: string) => unknown): number {
  const small = mark.repeat(SMALL_CHARS / mark.length);
  const large = small.repeat(GROWTH);
  let smallMs = Infinity;
  let largeMs = Infinity;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const start = performance.now();
    for (let count = 0; count < GROWTH; count += 1) work(small);
    const middle = performance.now();
    work(large);
    smallMs = Math.min(smallMs, middle - start);
    largeMs = Math.min(largeMs, performance.now() - middle);
    if (attempt >= MIN_ATTEMPTS && largeMs / smallMs < MAX_LINEAR_GROWTH) break;
  }
  return largeMs / smallMs;
}
