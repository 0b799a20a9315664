import { defineConfig } from 'rolldown';

/** What is ours is built in; all else is a dependency. */
const OURS = /^(?:\.|\/|[A-Za-z]:\\|@millrace\/|millrace-gemini-simulator$)/;

/** Each file of TypeScript becomes one of JavaScript in the same place: some find others beside them. */
export default defineConfig({
  input: 'cli/src/main.ts',
  platform: 'node',
  external: (id) => !OURS.test(id),
  output: { dir: 'cli/dist', format: 'esm', preserveModules: true, preserveModulesRoot: '.' },
});
