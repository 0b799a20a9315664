import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const PROGRAMS = join(import.meta.dirname, '../../scripts/steps/programs.mjs');
const CODE = `
  import { findPrograms } from ${JSON.stringify(PROGRAMS)};
  console.log(JSON.stringify(await findPrograms(['redis', 'webApp'])));`;

/** Only on Linux the test knows all the paths of programs. */
const isLinux = process.platform === 'linux';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-programs-'));
  const install = `echo "$@" >> ${folder}/apt.log; case "$*" in install*) /bin/touch ${folder}/redis-server; /bin/chmod +x ${folder}/redis-server;; esac`;
  writeCommand('apt-get', install);
  writeCommand('apt-cache', 'exit 0');
  writeCommand('sudo', 'exec "$@"');
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeCommand(name: string, script: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** Looks for Redis on a machine that has only the commands in `folder`, without a terminal. */
async function findRedis(environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', CODE], {
    env: { PATH: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const apt = join(folder, 'apt.log');
  return {
    code,
    output,
    installs: existsSync(apt) ? (readFileSync(apt, 'utf8').match(/^install/gm)?.length ?? 0) : 0,
  };
}

test.runIf(isLinux)('without a terminal nothing is installed, and the output names the command', async () => {
  const { code, output, installs } = await findRedis();
  expect({ code, installs }).toEqual({ code: 0, installs: 0 });
  expect(output).toMatch(
    /Redis not found\. Skipping tests with Redis\.\n.*apt-get install -y .*redis-server\n.*REDIS_PATH/,
  );
  expect(output).toContain('{"MILLRACE_REDIS_SERVER":""}');
});

test.runIf(isLinux)('in CI a missing program is installed', async () => {
  const { code, output, installs } = await findRedis({ CI: 'true' });
  expect({ code, installs }).toEqual({ code: 0, installs: 1 });
  expect(output).toContain(`{"MILLRACE_REDIS_SERVER":"${folder}/redis-server"}`);
});

test.runIf(isLinux)('in CI it is an error if the program can’t be installed', async () => {
  writeCommand('apt-get', 'exit 0');
  const { code, output } = await findRedis({ CI: 'true' });
  expect(code).toBe(1);
  expect(output).toContain('Redis not found.');
});

test.runIf(isLinux)('a program that is there needs no installation', async () => {
  writeCommand('valkey-server', 'exit 0');
  expect(await findRedis({ CI: 'true' })).toMatchObject({ code: 0, installs: 0 });
  writeCommand('my-redis', 'exit 0');
  const path = join(folder, 'my-redis');
  expect((await findRedis({ REDIS_PATH: path })).output).toContain(`"${path}"`);
});

test.runIf(isLinux)('a variable that names no program is an error', async () => {
  writeCommand('redis-server', 'exit 0');
  const { code, output } = await findRedis({ REDIS_PATH: '/nope' });
  expect({ code, output }).toEqual({ code: 1, output: 'millrace: REDIS_PATH names no program: /nope.\n' });
});
