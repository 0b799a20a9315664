import { createTestDatabase } from '../../server/src/store/postgres/postgres.fixture.ts';
import type { SharedStorage } from './shared-storage.ts';

/** An empty PostgreSQL database, and Redis if wanted. */
export async function createSharedDatabases(usesRedis: boolean): Promise<SharedStorage> {
  const redis = process.env.MILLRACE_REDIS;
  if (usesRedis && redis === undefined)
    throw new Error('MILLRACE_REDIS is not set. Run the test with `npm test`.');
  const { url, drop } = await createTestDatabase();
  return {
    settings: { DATABASE_URL: url, ...(usesRedis && redis !== undefined && { REDIS_URL: redis }) },
    remove: drop,
  };
}
