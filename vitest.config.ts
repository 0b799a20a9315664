import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';
import { findTestFiles } from './scripts/steps/test-files.mjs';
import { CHAOS_TIMEOUT_MS, TEST_TIMEOUT_MS, WAIT_TIMEOUT_MS } from './test/support/time-limits.ts';

/** The files that take longest run first, so that no core idles at the end. */
const LONG = /test\/(browser\/(every-scene|scrolling|markdown)|chaos\/|cli\/doctor)/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const testFiles = findTestFiles();
const hasDatabases = process.env.MILLRACE_POSTGRES !== undefined && process.env.MILLRACE_REDIS !== undefined;

/** The files of a project follow from what they need: `scripts/steps/test-files.mjs`. */
function project(name: string, options: { env?: Record<string, string>; testTimeout?: number } = {}) {
  const include = testFiles.filter(({ projects }) => projects.includes(name)).map(({ path }) => path);
  return { extends: true as const, test: { name, include, ...options } };
}

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('properties'),
      project('databases'),
      project('api'),
      ...(hasDatabases ? [project('api-with-databases', { env: { MILLRACE_TEST_STORAGE: 'redis' } })] : []),
      project('browser'),
      project('chaos', { testTimeout: CHAOS_TIMEOUT_MS }),
    ],
    // Many tests wait for processes that they started: a third worker on two cores uses that time.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: LongFirst },
    setupFiles: ['test/support/set-up-waits.ts'],
    expect: { poll: { timeout: WAIT_TIMEOUT_MS } },
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: TEST_TIMEOUT_MS,
  },
});
