/**
 * Keeps a PostgreSQL and a Redis for a whole run of tests: those that the environment doesn't name already, and that there are
 * programs for. Prints where they are, and ends with its input, so that nothing is left behind by whatever way that run ends.
 */
import { once } from 'node:events';
import { noPostgresServer, PostgresServer } from './postgres-server.ts';
import { noRedisServer, RedisServer } from './redis-server.ts';

const { MILLRACE_POSTGRES, MILLRACE_REDIS } = process.env;
const needsPostgres = MILLRACE_POSTGRES === undefined && noPostgresServer === '';
const needsRedis = MILLRACE_REDIS === undefined && noRedisServer === '';

await using postgres = needsPostgres ? await PostgresServer.start() : null;
await using redis = needsRedis ? await RedisServer.start() : null;
const addresses = {
  MILLRACE_POSTGRES: MILLRACE_POSTGRES ?? postgres?.url,
  MILLRACE_REDIS: MILLRACE_REDIS ?? redis?.url,
};
process.stdout.write(`${JSON.stringify(addresses)}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
