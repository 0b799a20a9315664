import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, noChromium } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { spawnChild } from '../support/child-process.ts';
import { startPageServer } from '../support/page-server.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const because = noChromium === '' ? '' : ` (skipped: ${noChromium})`;

const readme = await readFile(join(ROOT, 'client/README.md'), 'utf8');
const samples = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code ?? '');

/** Renders what a sample exports, with the chat in the URL. */
const ENTRY = `
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import * as sample from './sample.tsx';
const [Sample] = Object.values(sample) as React.ComponentType<{ chatId: string }>[];
createRoot(document.getElementById('root')!).render(
  <StrictMode><Sample chatId={location.hash.slice(1)} /></StrictMode>,
);`;

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'millrace-samples-'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** @returns the output and the exit code */
async function run(file: string, environment: Record<string, string>): Promise<[string, number | null]> {
  const child = spawnChild(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, ...environment },
  });
  let printed = '';
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve([printed, code]));
  });
}

test.each(samples('ts').map((code, index) => [index + 1, code] as const))(
  'sample %i of the README says Hello in Node',
  async (index, code) => {
    const file = join(folder, `sample-${index}.ts`);
    await writeFile(file, code);
    const caller = await server.guest();
    const { id } = await caller.createChat();
    const [printed, exitCode] = await run(file, {
      MILLRACE_URL: server.url,
      MILLRACE_TOKEN: caller.token,
      CHAT_ID: id,
    });
    expect(printed).toContain('Hello');
    expect(exitCode).toBe(0);
  },
);

describe.skipIf(noChromium !== '')(`in a browser${because}`, () => {
  test.each(samples('tsx').map((code, index) => [index + 1, code] as const))(
    'React sample %i of the README asks, and shows the reply',
    async (_index, code) => {
      await writeFile(join(folder, 'sample.tsx'), code);
      await writeFile(join(folder, 'entry.tsx'), ENTRY);
      const pages = await startPageServer(join(folder, 'entry.tsx'));
      const browser = await launchBrowser();
      const context = await browser.newContext();
      const signedIn = await context.request.post(`${pages.url}/api/auth/sign-in/anonymous`, {
        data: {},
        headers: { origin: pages.url },
      });
      const caller = new Caller(pages.url, signedIn.headers()['set-auth-token'] ?? '');
      pages.simulator.script([{ text: 'Good day!' }]);
      const page = await context.newPage();
      await page.goto(`${pages.url}/#${(await caller.createChat()).id}`);
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('Good day!').waitFor();
      expect(pages.simulator.log()).toHaveLength(1);
      await browser.close();
      await pages.close();
    },
  );
});

test('the samples of the README type-check', async () => {
  const code = [...samples('ts'), ...samples('tsx')];
  expect(code.length).toBeGreaterThan(4);
  for (const [index, sample] of code.entries()) {
    await writeFile(join(folder, `typed-${index}.tsx`), sample);
  }
  const base = join(ROOT, 'test/tsconfig.json');
  const options = { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: base, compilerOptions: options, include: ['typed-*.tsx'] }),
  );
  const [printed] = await run(join(ROOT, 'node_modules/typescript/bin/tsc'), {});
  expect(printed).toBe('');
});
