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

export default defineConfig({
  test: {
    include: [
      '{protocol,server,client,web,gemini-simulator,scripts,bench}/**/*.test.{ts,tsx}',
      'test/**/*.test.ts',
    ],
    // Many tests wait for processes of their own: on two cores a third file fills the pauses of two.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
