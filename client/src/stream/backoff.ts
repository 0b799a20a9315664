import { isHidden, onPageChange } from './page-visibility.ts';

const FIRST_MAX_DELAY_MS = 250;
export const MAX_DELAY_MS = 10_000;
/** The longest delay that `setTimeout` accepts. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Milliseconds to wait before reconnecting: exponential with full jitter, so that readers that lost a server at the
 * same time don't all come back at the same time.
 * @param failures connections that failed in a row, from 1
 */
export function backoff(failures: number): number {
  return Math.random() * Math.min(MAX_DELAY_MS, FIRST_MAX_DELAY_MS * 2 ** (failures - 1));
}

/**
 * Waits, but no longer than until the page becomes visible or the network comes back.
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
 * Waits until the page is visible. Outside a page it doesn't wait.
 * @throws the signal's reason when it aborts.
 */
export async function untilVisible(signal: AbortSignal | undefined): Promise<void> {
  while (isHidden()) await wait(MAX_TIMER_MS, signal);
}
