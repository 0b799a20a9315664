import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from './programs.mjs';
import { fail, node, root } from './processes.mjs';

/** Debian's and Homebrew's: they have a folder for each version of PostgreSQL, and those are in no PATH. */
const VERSIONS = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'];

/** What tests need that start PostgreSQL and Redis of their own: where those are, '' for what there is none of. */
export async function findDatabases() {
  const postgres = await findProgram({
    what: 'PostgreSQL',
    variable: 'POSTGRES_PATH',
    names: ['postgres'],
    // Read anew once it is installed.
    get places() {
      const folders = VERSIONS.filter((folder) => existsSync(folder));
      return folders.flatMap((folder) =>
        readdirSync(folder).map((version) => join(folder, version, 'bin/postgres')),
      );
    },
    packages: ['postgresql'],
    tests: 'the tests with PostgreSQL',
  });
  const redis = await findProgram({
    what: 'Redis',
    variable: 'REDIS_PATH',
    names: ['redis-server', 'valkey-server'],
    places: ['/opt/homebrew/bin/redis-server', '/opt/homebrew/bin/valkey-server'],
    packages: ['redis-server'],
    otherPackages: ['valkey-server'],
    tests: 'the tests with Redis',
  });
  return {
    // `initdb` lies beside the program itself, not beside a link to it.
    MILLRACE_POSTGRES_BIN: postgres && dirname(realpathSync(postgres)),
    MILLRACE_REDIS_SERVER: redis,
  };
}

/**
 * Starts a PostgreSQL and a Redis, unless `DATABASE_URL` and `REDIS_URL` name some. They end with this process, whatever ends it.
 * @returns what tests are told of them by their environment; of which those two are no part, for a server under test has others
 */
export async function startDatabases() {
  const programs = await findDatabases();
  const { DATABASE_URL, REDIS_URL } = process.env;
  const given = {
    ...(DATABASE_URL && { MILLRACE_POSTGRES: DATABASE_URL }),
    ...(REDIS_URL && { MILLRACE_REDIS: REDIS_URL }),
  };
  // Apart from the terminal, for a Ctrl+C is for the tests, which may still need them. It ends when its input does: with us.
  const child = spawn(node, [join(root, 'test/support/keep-databases.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...programs, ...given },
    detached: true,
  });
  const onExit = (code) => fail(`No databases for the tests: what keeps them ended with ${code}.`);
  child.on('exit', onExit);
  const [addresses] = await once(child.stdout, 'data');
  child.off('exit', onExit);
  for (const handle of [child, child.stdin, child.stdout]) handle.unref();
  return { ...programs, ...JSON.parse(addresses), DATABASE_URL: undefined, REDIS_URL: undefined };
}
