import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { noPostgresServer } from '../support/postgres-server.ts';
import { noRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const DATABASES = join(import.meta.dirname, '../../scripts/steps/databases.mjs');
const CODE = `
  import { startDatabases } from ${JSON.stringify(DATABASES)};
  console.log(JSON.stringify({ ...process.env, ...(await startDatabases()) }));
  if (process.env.STAYS) setInterval(() => {}, 1000);`;

/** What `npm test` does before the tests. @returns the environment it gives them */
async function startRun(environment: Record<string, string> = {}) {
  const { POSTGRES_PATH, REDIS_PATH, MILLRACE_POSTGRES_BIN, MILLRACE_REDIS_SERVER, PATH } = process.env;
  const programs = {
    POSTGRES_PATH: POSTGRES_PATH ?? join(MILLRACE_POSTGRES_BIN ?? '', 'postgres'),
    REDIS_PATH: REDIS_PATH ?? MILLRACE_REDIS_SERVER,
  };
  const run = spawn(process.execPath, ['--input-type=module', '--eval', CODE], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH, ...programs, ...environment },
  });
  onTestFinished(() => void run.kill('SIGKILL'));
  const [line] = (await once(run.stdout, 'data')) as [Buffer];
  return { run, told: JSON.parse(String(line)) as Record<string, string> };
}

function answers(url: string | undefined): Promise<boolean> {
  const { hostname, port } = new URL(url ?? '');
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

const reason = noPostgresServer || noRedisServer;
describe.skipIf(reason !== '')(`the databases of a run${reason && ` (skipped: ${reason})`}`, () => {
  test.each(['SIGINT', 'SIGKILL'] as const)('end with it when it gets a %s', async (signal) => {
    const { run, told } = await startRun({ STAYS: 'yes' });
    const urls = [told.MILLRACE_POSTGRES, told.MILLRACE_REDIS];
    expect(await Promise.all(urls.map(answers))).toEqual([true, true]);
    run.kill(signal);
    for (const url of urls) await until(`${url} is gone`, async () => !(await answers(url)));
  });

  test('do not keep it from ending', async () => {
    const { run, told } = await startRun();
    if (run.exitCode === null) await once(run, 'exit');
    expect(run.exitCode).toBe(0);
    await until('PostgreSQL is gone', async () => !(await answers(told.MILLRACE_POSTGRES)));
    await until('Redis is gone', async () => !(await answers(told.MILLRACE_REDIS)));
  });

  test('are those that were given, which no server under test hears of', async () => {
    const given = { DATABASE_URL: 'postgres://there/db', REDIS_URL: 'redis://there' };
    const { told } = await startRun(given);
    expect(told).toMatchObject({ MILLRACE_POSTGRES: given.DATABASE_URL, MILLRACE_REDIS: given.REDIS_URL });
    expect(Object.keys(told)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(DATABASE|REDIS)_URL$/)]),
    );
  });
});
