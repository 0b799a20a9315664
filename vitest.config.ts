import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/** What takes longest, and so is begun first: else it goes on alone when everything else is done. */
const LONG = /test\/(browser\/(every-scene|scrolling|markdown)|chaos\/|cli\/doctor)/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** What of the API is tried with PostgreSQL and Redis too, beside the contracts that all storage is held to. */
const SHARED = 'test/api/{follow,stop,exactness,idempotency,channel,durable-streams}.test.ts';
const hasDatabases = process.env.MILLRACE_POSTGRES !== undefined && process.env.MILLRACE_REDIS !== undefined;

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: [
            '{protocol,server,client,web,gemini-simulator,scripts,bench}/**/*.test.{ts,tsx}',
            'test/**/*.test.ts',
          ],
        },
      },
      ...(hasDatabases
        ? [
            {
              extends: true as const,
              test: {
                name: 'with Redis',
                include: [SHARED],
                env: { MILLRACE_TEST_STORAGE: 'redis' },
              },
            },
          ]
        : []),
    ],
    // Many tests wait for processes of their own: on two cores a third file fills the pauses of two.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
