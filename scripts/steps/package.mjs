import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runTool } from './processes.mjs';

/**
 * Builds what of a workspace is published, a whole package in its `dist`: JavaScript and types, for Node runs no TypeScript
 * below `node_modules`.
 */
export async function buildPackage(workspace) {
  const source = join(root, workspace);
  const target = join(source, 'dist');
  rmSync(target, { recursive: true, force: true });
  await runTool('tsc', ['-p', join(workspace, 'tsconfig.package.json')]);
  cpSync(join(source, 'data'), join(target, 'data'), { recursive: true });
  cpSync(join(source, 'README.md'), join(target, 'README.md'));
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  const text = readFileSync(join(source, 'package.json'), 'utf8').replaceAll('.ts"', '.js"');
  const { private: _, ...manifest } = JSON.parse(text);
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const command of Object.values(manifest.bin ?? {})) chmodSync(join(target, command), 0o755);
}
