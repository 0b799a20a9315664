import { createTestDatabase } from '../../server/src/store/postgres/postgres.fixture.ts';

/** What servers under test keep their things in: their own folder unless this names `postgres`, or `redis`, which is both. */
const STORAGE = process.env.MILLRACE_TEST_STORAGE ?? 'sqlite';

export interface SharedStorage {
  /** For each server that is to share it. */
  settings: Record<string, string>;
  remove(): Promise<void>;
}

/** Storage as this run of the tests wants it, with nothing in it. */
export async function sharedStorage(storage = STORAGE): Promise<SharedStorage> {
  if (storage === 'sqlite') return { settings: {}, remove: async () => {} };
  const { url, drop } = await createTestDatabase();
  const redis = storage === 'redis' ? process.env.MILLRACE_REDIS : undefined;
  if (storage === 'redis' && redis === undefined) throw new Error('MILLRACE_REDIS is not set');
  return { settings: { DATABASE_URL: url, ...(redis !== undefined && { REDIS_URL: redis }) }, remove: drop };
}
