import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{protocol,server,client,web,gemini-simulator,scripts,bench}/**/*.test.{ts,tsx}',
      'test/**/*.test.ts',
    ],
    // Many tests wait for processes of their own: on two cores a third file fills the pauses of two.
    maxWorkers: Math.max(3, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
