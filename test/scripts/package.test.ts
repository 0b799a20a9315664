import { execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawnChild } from '../support/child-process.ts';

const root = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'millrace-package-'));
beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/run.mjs'), 'package'], { stdio: 'pipe' });
});
afterAll(() => rmSync(home, { recursive: true }));

/** As npm would: the package alone, and its dependencies beside it. */
function install(workspace: string): string {
  const dist = join(root, workspace, 'dist');
  const { name, dependencies = {} } = JSON.parse(readFileSync(join(dist, 'package.json'), 'utf8')) as {
    name: string;
    dependencies?: Record<string, string>;
  };
  const modules = join(home, name, 'node_modules');
  cpSync(dist, join(modules, name), { recursive: true });
  for (const dependency of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, dependency)), { recursive: true });
    symlinkSync(folderOf(dependency), join(modules, dependency));
  }
  return join(modules, name);
}

/** npm puts some beside the workspace that needs them. */
function folderOf(dependency: string): string {
  const places = ['.', 'server', 'cli'].map((folder) => join(root, folder, 'node_modules', dependency));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${dependency} is not installed`);
  return found;
}

/** Waits for a program to say where it listens. */
async function urlOf(program: ChildProcess): Promise<string> {
  if (program.stdout === null) throw new Error('The program says nothing');
  for await (const line of createInterface(program.stdout)) {
    const [url] = /http:\/\/127[\d.:]+\d/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('It ended first');
}

test('the simulator is a package that runs where it is installed, as a program and as a module', async () => {
  const installed = install('gemini-simulator');
  const program = spawnChild(process.execPath, [
    join(installed, 'src/main.js'),
    '--port',
    '0',
    '--mode',
    'echo',
  ]);
  const url = await urlOf(program);
  const answer = await fetch(`${url}/v1beta/models/gemini-3.8-flash:generateContent?key=any`, {
    method: 'POST',
    body: JSON.stringify({ contents: [{ parts: [{ text: 'water' }] }] }),
  });
  expect(await answer.json()).toMatchObject({ candidates: [{ content: { parts: [{ text: 'water' }] } }] });
  program.kill();

  const script = `import { faultNames } from 'millrace-gemini-simulator'; console.log(faultNames.includes('503'))`;
  const cwd = join(home, 'millrace-gemini-simulator');
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd });
  expect(output.toString()).toBe('true\n');
});

test('the command line is a package with all it needs: server, web app and demo model', async () => {
  const bin = join(install('cli'), 'cli/bin/millrace.mjs');
  const cwd = join(home, 'millrace');
  const env = { PATH: process.env.PATH, PORT: '0', XDG_CONFIG_HOME: cwd };
  const server = spawnChild(process.execPath, [bin, 'serve', '--json'], { cwd, env });
  const url = await urlOf(server);
  expect(await (await fetch(url)).text()).toContain('<title>');
  const chat = [bin, 'chat', '--url', url, 'Hello'];
  expect(execFileSync(process.execPath, chat, { cwd, env, stdio: 'pipe' }).toString()).not.toBe('');
  const check = [bin, 'ledger', 'check'];
  expect(execFileSync(process.execPath, check, { cwd, env }).toString()).toBe('The ledger balances.\n');
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
