import { WAIT_TIMEOUT_MS } from './time-limits.ts';

const POLL_INTERVAL_MS = 5;

/**
 * Waits until a condition holds.
 * @param what the condition in words, for the error
 * @throws Error if it doesn't hold within `WAIT_TIMEOUT_MS`
 */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WAIT_TIMEOUT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}
