import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, runTool } from './processes.mjs';

/** The files of each workspace that the package of the command line contains besides the code, at the same paths. */
const PARTS = {
  cli: ['bin'],
  server: ['prices.json'],
  client: [],
  protocol: [],
  'gemini-simulator': ['data'],
};

/**
 * Builds the published package of a workspace in its `dist`: JavaScript and types, because Node runs no TypeScript below
 * `node_modules`.
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
  writeManifest(target, manifest);
  for (const command of Object.values(manifest.bin ?? {})) chmodSync(join(target, command), 0o755);
}

/**
 * Builds the command line, the workspaces it needs and the web app in `cli/dist`: one package that depends only on published
 * packages. The web app must have been built.
 */
export async function buildCommandLine() {
  const target = join(root, 'cli/dist');
  rmSync(target, { recursive: true, force: true });
  await runTool('rolldown', ['--config', 'scripts/steps/rolldown.config.mjs', '--logLevel', 'warn']);
  const dependencies = {};
  for (const [workspace, files] of Object.entries(PARTS)) {
    const manifest = manifestOf(workspace);
    Object.assign(dependencies, manifest.dependencies);
    for (const file of files) copy(`${workspace}/${file}`, target);
    // Programs read their version from it.
    mkdirSync(join(target, workspace), { recursive: true });
    writeManifest(join(target, workspace), { version: manifest.version, type: 'module' });
  }
  for (const file of ['web/dist', 'LICENSE']) copy(file, target);
  cpSync(join(root, 'cli/README.md'), join(target, 'README.md'));
  const workspaces = new Set(Object.keys(PARTS).map((workspace) => manifestOf(workspace).name));
  const { name, version, description, license, bin, type } = manifestOf('cli');
  writeManifest(target, {
    name,
    version,
    description,
    license,
    type,
    bin: Object.fromEntries(Object.entries(bin).map(([command, file]) => [command, join('cli', file)])),
    engines: { node: '>=24' },
    dependencies: Object.fromEntries(
      Object.entries(dependencies)
        .filter(([each]) => !workspaces.has(each))
        .sort(([a], [b]) => a.localeCompare(b)),
    ),
  });
}

function copy(path, target) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  cpSync(join(root, path), join(target, path), { recursive: true });
}

function manifestOf(workspace) {
  return JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
}

function writeManifest(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}
