import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

export interface Bundle {
  /** One minified module. */
  code: string;
  /** The size of the code in bytes, compressed with gzip. */
  gzipped: number;
  /** The source files. */
  files: string[];
}

/** Bundles a module and its dependencies for a browser. @param external dependencies to leave out */
export async function bundle(entry: string, external: readonly string[] = []): Promise<Bundle> {
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    external: [...external],
    transform: { define: { 'process.env.NODE_ENV': '"development"' } },
  });
  const { output } = await build.generate({ format: 'es', minify: true, codeSplitting: false });
  const [{ code, moduleIds }] = output;
  return { code, gzipped: gzipSync(code, { level: 9 }).length, files: moduleIds };
}
