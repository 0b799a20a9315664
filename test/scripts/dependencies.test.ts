import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnChild } from '../support/child-process.ts';

const root = join(import.meta.dirname, '../..');

/** A checkout with two packages: `app-package` for the server, `test-package` for the tests. */
let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'millrace-install-'));
  cpSync(join(root, 'scripts'), join(checkout, 'scripts'), { recursive: true });
  for (const name of ['app-package', 'test-package']) {
    writeManifest(`packages/${name}`, { name, version: '1.0.0' });
    npm(['pack', `./packages/${name}`]);
  }
  writeManifest('.', { name: 'checkout', private: true, workspaces: ['server', 'web', 'cli', 'test'] });
  for (const name of ['web', 'cli']) writeManifest(name, { name, version: '1.0.0' });
  writeManifest('server', {
    name: 'server',
    version: '1.0.0',
    dependencies: { 'app-package': 'file:../app-package-1.0.0.tgz' },
  });
  writeManifest('test', {
    name: 'test',
    version: '1.0.0',
    dependencies: { 'test-package': 'file:../test-package-1.0.0.tgz' },
  });
  npm(['install', '--package-lock-only']);
});
afterEach(() => rmSync(checkout, { recursive: true }));

function writeManifest(folder: string, manifest: object): void {
  mkdirSync(join(checkout, folder), { recursive: true });
  writeFileSync(join(checkout, folder, 'package.json'), JSON.stringify(manifest));
}

function npm(args: string[]): void {
  execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: checkout,
    stdio: 'pipe',
    shell: process.platform === 'win32',
  });
}

/** Installs a part, as `npm start` (`app`) and `npm test` (`all`) do. @returns the output */
async function install(part: 'app' | 'all'): Promise<string> {
  const code = `
    import { installDependencies } from ${JSON.stringify(join(checkout, 'scripts/steps/dependencies.mjs'))};
    await installDependencies('${part}');`;
  const child = spawnChild(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, npm_config_offline: 'true' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  return output;
}

const path = (name: string) => join(checkout, 'node_modules', name);

test('the packages of a running server stay while those of the tests are added', async () => {
  await install('app');
  expect([existsSync(path('app-package')), existsSync(path('test-package'))]).toEqual([true, false]);
  const witness = path('app-package/witness');
  writeFileSync(witness, '');
  expect(await install('all')).toContain('installing dependencies');
  expect([existsSync(witness), existsSync(path('test-package/package.json'))]).toEqual([true, true]);
  expect(await install('app')).toBe('');
});

test('an installation that did not finish is replaced', async () => {
  await install('app');
  rmSync(path('.millrace-installed'));
  const witness = path('app-package/witness');
  writeFileSync(witness, '');
  await install('app');
  expect(existsSync(witness)).toBe(false);
});

test('of two commands at once, one installs and the other waits for it', async () => {
  const outputs = await Promise.all([install('all'), install('app')]);
  expect(outputs.join('')).toContain('which installs the dependencies');
  expect(existsSync(path('app-package'))).toBe(true);
  expect(existsSync(join(checkout, '.millrace-installing'))).toBe(false);
});

test('the lock of a process that was killed is released', async () => {
  const ended = spawnChild(process.execPath, ['--eval', '']);
  await once(ended, 'exit');
  writeFileSync(join(checkout, '.millrace-installing'), String(ended.pid));
  expect(await install('app')).toContain('installing dependencies');
});
