import { isHidden, onPageChange } from './page.ts';

const FIRST_CEILING_MS = 250;
export const LAST_CEILING_MS = 10_000;
/** What a timer can count. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Milliseconds to wait before reconnecting: exponential with full jitter, so that the readers a server lost all at
 * once don't come back all at once.
 * @param failures connections that failed in a row, from 1
 */
export function backoff(failures: number): number {
  return Math.random() * Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** (failures - 1));
}

/**
 * Waits, but not beyond the moment the page wakes up: then a person is there, or the network is.
 * @throws the signal's reason when it aborts.
 */
export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      stopListening();
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const abort = () => end(() => reject(signal?.reason));
    const timer = setTimeout(() => end(resolve), milliseconds);
    const stopListening = onPageChange((change) => change !== 'hidden' && end(resolve));
    signal?.addEventListener('abort', abort);
  });
}

/**
 * Waits until somebody looks at the page, where there is one.
 * @throws the signal's reason when it aborts.
 */
export async function untilVisible(signal: AbortSignal | undefined): Promise<void> {
  while (isHidden()) await wait(LONGEST_MS, signal);
}
