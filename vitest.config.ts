import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{protocol,server,client,web,gemini-simulator,scripts,bench}/**/*.test.{ts,tsx}',
      'test/**/*.test.ts',
    ],
    // Most tests wait for processes of their own; on two cores vitest would run one file at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
