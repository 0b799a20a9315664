import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { noPostgresServer } from '../support/postgres-server.ts';
import { noRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const STEPS = join(import.meta.dirname, '../../scripts/steps');
const CODE = `
  import { startDatabases } from ${JSON.stringify(join(STEPS, 'databases.mjs'))};
  import { findPrograms } from ${JSON.stringify(join(STEPS, 'programs.mjs'))};
  const databases = await startDatabases(await findPrograms(['postgres', 'redis']));
  console.log(JSON.stringify({ ...process.env, ...databases }));
  if (process.env.STAYS_ALIVE) setInterval(() => {}, 1000);`;

/** Starts the databases as `npm test` does. @returns the environment that the tests get */
async function startRun(more: Record<string, string> = {}) {
  const { POSTGRES_PATH, REDIS_PATH, MILLRACE_POSTGRES_BIN, MILLRACE_REDIS_SERVER, PATH } = process.env;
  const programs = {
    POSTGRES_PATH: POSTGRES_PATH ?? join(MILLRACE_POSTGRES_BIN ?? '', 'postgres'),
    REDIS_PATH: REDIS_PATH ?? MILLRACE_REDIS_SERVER,
  };
  const run = spawn(process.execPath, ['--input-type=module', '--eval', CODE], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH, ...programs, ...more },
  });
  onTestFinished(() => void run.kill('SIGKILL'));
  const [line] = (await once(run.stdout, 'data')) as [Buffer];
  return { run, environment: JSON.parse(String(line)) as Record<string, string> };
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
describe.skipIf(reason !== '')(`the databases of a test run${reason && ` (skipped: ${reason})`}`, () => {
  test.each(['SIGINT', 'SIGKILL'] as const)('end with the test run when it gets a %s', async (signal) => {
    const { run, environment } = await startRun({ STAYS_ALIVE: 'yes' });
    const urls = [environment.MILLRACE_POSTGRES, environment.MILLRACE_REDIS];
    expect(await Promise.all(urls.map(answers))).toEqual([true, true]);
    run.kill(signal);
    for (const url of urls) await until(`${url} is gone`, async () => !(await answers(url)));
  });

  test('do not keep the test run from ending', async () => {
    const { run, environment } = await startRun();
    if (run.exitCode === null) await once(run, 'exit');
    expect(run.exitCode).toBe(0);
    await until('PostgreSQL is gone', async () => !(await answers(environment.MILLRACE_POSTGRES)));
    await until('Redis is gone', async () => !(await answers(environment.MILLRACE_REDIS)));
  });

  test('are the databases at DATABASE_URL and REDIS_URL, which servers under test do not get', async () => {
    const given = { DATABASE_URL: 'postgres://there/db', REDIS_URL: 'redis://there' };
    const { environment } = await startRun(given);
    expect(environment).toMatchObject({
      MILLRACE_POSTGRES: given.DATABASE_URL,
      MILLRACE_REDIS: given.REDIS_URL,
    });
    expect(Object.keys(environment)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(DATABASE|REDIS)_URL$/)]),
    );
  });
});
