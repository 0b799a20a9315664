/**
 * Runs a PostgreSQL and a Redis for a whole test run: each one whose program is installed and whose URL the environment doesn't
 * hold already. Prints the URLs as JSON, and ends when its stdin ends, so that no database outlives the test run.
 */
import { once } from 'node:events';
import { PostgresServer } from './postgres-server.ts';
import { RedisServer } from './redis-server.ts';

const { MILLRACE_POSTGRES, MILLRACE_REDIS, MILLRACE_POSTGRES_BIN, MILLRACE_REDIS_SERVER } = process.env;
const startsPostgres = MILLRACE_POSTGRES === undefined && Boolean(MILLRACE_POSTGRES_BIN);
const startsRedis = MILLRACE_REDIS === undefined && Boolean(MILLRACE_REDIS_SERVER);

await using postgres = startsPostgres ? await PostgresServer.start() : null;
await using redis = startsRedis ? await RedisServer.start() : null;
const urls = {
  MILLRACE_POSTGRES: MILLRACE_POSTGRES ?? postgres?.url,
  MILLRACE_REDIS: MILLRACE_REDIS ?? redis?.url,
};
process.stdout.write(`${JSON.stringify(urls)}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
