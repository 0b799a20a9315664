import { defineConfig } from 'rolldown';

/** Modules of this repository, which are bundled. All others are dependencies of the package. */
const OWN_MODULE = /^(?:\.|\/|[A-Za-z]:\\|@millrace\/|millrace-gemini-simulator$)/;

/** Each TypeScript file becomes one JavaScript file at the same path, because some files find others by relative path. */
export default defineConfig({
  input: 'cli/src/main.ts',
  platform: 'node',
  external: (id) => !OWN_MODULE.test(id),
  output: { dir: 'cli/dist', format: 'esm', preserveModules: true, preserveModulesRoot: '.' },
});
