import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

export interface Bundle {
  /** Minified, as one module. */
  code: string;
  /** Bytes of the code, compressed. */
  gzipped: number;
  /** The files it is made of. */
  files: string[];
}

/** What a browser is sent of a module and all it needs. @param external what isn't part of it */
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
