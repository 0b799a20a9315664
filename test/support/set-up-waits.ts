// Run by Vitest before each test file: gives `vi.waitFor` and `vi.waitUntil` the time limit of all waits.
import { vi } from 'vitest';
import { WAIT_TIMEOUT_MS } from './time-limits.ts';

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options = {}) => waitFor(callback, withTimeout(options));
vi.waitUntil = (callback, options = {}) => waitUntil(callback, withTimeout(options));

function withTimeout(options: number | { timeout?: number; interval?: number }) {
  if (typeof options === 'number' || options.timeout !== undefined) {
    throw new Error(
      'Remove the time limit of this wait: WAIT_TIMEOUT_MS in test/support/time-limits.ts applies.',
    );
  }
  return { ...options, timeout: WAIT_TIMEOUT_MS };
}
