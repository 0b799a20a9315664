import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fail, node, root } from './processes.mjs';

/**
 * Starts PostgreSQL and Redis for a test run, unless `DATABASE_URL` and `REDIS_URL` name servers to use instead. They end
 * with this process, however it ends.
 * @param {Record<string, string>} programs from `findPrograms`; a server starts only if its program is among them
 * @returns the environment variables that tell the tests where they are. `DATABASE_URL` and `REDIS_URL` are removed, because
 * servers under test use their own databases.
 */
export async function startDatabases(programs) {
  const withoutUrls = { DATABASE_URL: undefined, REDIS_URL: undefined };
  if (!('MILLRACE_POSTGRES_BIN' in programs || 'MILLRACE_REDIS_SERVER' in programs)) return withoutUrls;
  const { DATABASE_URL, REDIS_URL } = process.env;
  const configured = {
    ...(DATABASE_URL && { MILLRACE_POSTGRES: DATABASE_URL }),
    ...(REDIS_URL && { MILLRACE_REDIS: REDIS_URL }),
  };
  // Detached, because the tests may still need the databases after a Ctrl+C. It ends when its stdin does, and so with this process.
  const child = spawn(node, [join(root, 'test/support/run-databases.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...programs, ...configured },
    detached: true,
  });
  const onExit = (code) =>
    fail(`PostgreSQL or Redis could not be started: exit code ${code}. See the error above.`);
  child.on('exit', onExit);
  const [addresses] = await once(child.stdout, 'data');
  child.off('exit', onExit);
  for (const handle of [child, child.stdin, child.stdout]) handle.unref();
  return { ...JSON.parse(addresses), ...withoutUrls };
}
