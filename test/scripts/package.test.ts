import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'millrace-package-'));
afterAll(() => rmSync(home, { recursive: true }));

test('the simulator is a package that runs where it is installed, as a program and as a module', async () => {
  execFileSync(process.execPath, [join(root, 'scripts/run.mjs'), 'package'], { stdio: 'pipe' });
  const modules = join(home, 'node_modules');
  mkdirSync(modules);
  const installed = join(modules, 'millrace-gemini-simulator');
  cpSync(join(root, 'gemini-simulator/dist'), installed, { recursive: true });
  symlinkSync(dirname(fileURLToPath(import.meta.resolve('zod/package.json'))), join(modules, 'zod'));

  const program = spawn(process.execPath, [join(installed, 'src/main.js'), '--port', '0', '--mode', 'echo']);
  const [line] = (await once(createInterface(program.stdout), 'line')) as [string];
  const [url = ''] = /http:\S+(?=\. )/.exec(line) ?? [];
  const answer = await fetch(`${url}/v1beta/models/gemini-3.8-flash:generateContent?key=any`, {
    method: 'POST',
    body: JSON.stringify({ contents: [{ parts: [{ text: 'water' }] }] }),
  });
  expect(await answer.json()).toMatchObject({ candidates: [{ content: { parts: [{ text: 'water' }] } }] });
  program.kill();

  const script = `import { faultNames } from 'millrace-gemini-simulator'; console.log(faultNames.includes('503'))`;
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: home });
  expect(told.toString()).toBe('true\n');
});
