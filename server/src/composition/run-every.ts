import type { Logger } from '../ports/logger.ts';

/**
 * Runs work now, and then at intervals, never twice at once. A failure is logged, and the next run is the retry.
 * @returns the timer, when the first run has ended
 */
export async function runEvery(
  intervalMs: number,
  name: string,
  logger: Logger,
  work: () => Promise<void>,
): Promise<NodeJS.Timeout> {
  let isWorking = false;
  const run = async () => {
    if (isWorking) return;
    isWorking = true;
    try {
      await work();
    } catch (error) {
      logger.error({ err: error }, `${name} failed; retrying`);
    } finally {
      isWorking = false;
    }
  };
  await run();
  return setInterval(() => void run(), intervalMs).unref();
}
