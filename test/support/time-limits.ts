/**
 * The only time limits of tests. They are far above what a healthy run needs on a busy machine, and only bound how long a
 * failing test takes. A test whose claim is a time checks the order or the number of events instead, or uses a fake clock.
 */

/** For one condition: `until`, `vi.waitFor`, `expect.poll` and Playwright's waits. */
export const WAIT_TIMEOUT_MS = 120_000;

/** For one test, or for one hook. */
export const TEST_TIMEOUT_MS = 600_000;

/** For one chaos test: with `--long` it runs thousands of replies. */
export const CHAOS_TIMEOUT_MS = 3_600_000;
