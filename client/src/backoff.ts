const FIRST_CEILING_MS = 250;
const LAST_CEILING_MS = 10_000;

/**
 * Milliseconds to wait before reconnecting: exponential with full jitter, so that the readers a server lost all at
 * once don't come back all at once.
 * @param failures connections that failed in a row, from 1
 */
export function backoff(failures: number): number {
  return Math.random() * Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** (failures - 1));
}

/** @throws the signal's reason when it aborts. */
export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
