import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from 'millrace-gemini-simulator';
import { expect, test } from 'vitest';
import { testEnvironment } from '../support/test-server.ts';
import { spawnChild } from '../support/child-process.ts';

const HOST = join(import.meta.dirname, '../support/closing-host.ts');

test.each([false, true])(
  'a process exits after closing the chat (with the demo model: %s)',
  async (isDemo) => {
    const simulator = await startSimulator();
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-closing-'));
    const { GEMINI_API_KEY, GEMINI_BASE_URL, ...rest } = testEnvironment(simulator.url, dataDir);
    const model = isDemo ? {} : { GEMINI_API_KEY, GEMINI_BASE_URL };
    const child = spawnChild(process.execPath, [HOST], {
      env: { PATH: process.env.PATH, ...rest, ...model },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
    const [code, signal] = await once(child, 'close');
    expect(output).toMatch(/event: done[^]*cut off: [^]*closed\n$/);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    await simulator.close();
    await rm(dataDir, { recursive: true });
  },
);
