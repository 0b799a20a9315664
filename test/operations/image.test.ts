import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { freePort } from '../support/free-port.ts';
import { buildContext, carryOut, environmentOf, programOf, readDockerfile } from './dockerfile.ts';
import type { Instruction } from './dockerfile.ts';
import { spawnChild } from '../support/child-process.ts';

const root = join(import.meta.dirname, '../..');

let home: string;
let image: Instruction[];
let app: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-image-'));
  const stages = await readDockerfile(join(root, 'Dockerfile'));
  image = stages.get('') ?? [];
  const dependencies = join(home, 'dependencies');
  app = join(home, 'app');
  await mkdir(dependencies);
  await carryOut(stages.get('dependencies') ?? [], { root, target: dependencies, runs: true });
  // `npm test` has built the web app with the command of its stage.
  await carryOut(image, { root, target: app, stages: { dependencies, web: root }, runs: false });
});
afterAll(() => rm(home, { recursive: true }));

test('the files of the image are a complete server, which is healthy and exits on SIGTERM', async () => {
  const port = String(await freePort());
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    ...environmentOf(image),
    HOST: '127.0.0.1',
    PORT: port,
    DATA_DIR: join(home, 'data'),
  };
  const [, ...args] = programOf(image, 'CMD');
  const server = spawnChild(process.execPath, args, { cwd: app, env });
  for await (const line of createInterface(server.stdout)) if (line.includes('Open http')) break;
  server.stdout.resume();
  const url = `http://127.0.0.1:${port}`;

  const [, ...health] = programOf(image, 'HEALTHCHECK');
  await promisify(execFile)(process.execPath, health, { env });
  expect(await (await fetch(url)).text()).toContain('<title>');
  const caller = await Caller.asGuest(url);
  expect((await caller.ask('Hello')).last).toMatchObject({ event: 'done', data: { status: 'completed' } });
  // `--no`: nothing is downloaded.
  const command = ['--no', 'millrace', 'ledger', 'check'];
  const { stdout } = await promisify(execFile)('npx', command, { cwd: app, env });
  expect(stdout).toBe('The ledger balances.\n');

  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await expect(promisify(execFile)(process.execPath, health, { env })).rejects.toMatchObject({ code: 1 });
});

test('the image runs as an unprivileged user, and its build context has no secrets, data or tests', async () => {
  expect(image.find(({ name }) => name === 'USER')?.rest).toBe('node');
  const context = [...(await buildContext(root))];
  expect(context).toContain('server/src/main.ts');
  expect(
    context.filter((file) => /(^|\/)(\.env|\.git|node_modules|data\/.*\.db)|\.test\.|^test\//.test(file)),
  ).toEqual([]);
});
