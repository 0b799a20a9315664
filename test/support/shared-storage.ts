/** Where servers under test keep their data: `sqlite` (each in its own folder), `postgres`, or `redis` (PostgreSQL and Redis). */
const STORAGE = process.env.MILLRACE_TEST_STORAGE ?? 'sqlite';

export interface SharedStorage {
  /** For each server that shares the storage. */
  settings: Record<string, string>;
  remove(): Promise<void>;
}

/** Empty storage of the kind that this test run uses. */
export async function sharedStorage(storage = STORAGE): Promise<SharedStorage> {
  if (storage === 'sqlite') return { settings: {}, remove: async () => {} };
  // Imported here so that tests on SQLite alone start no databases.
  const { createSharedDatabases } = await import('./shared-databases.ts');
  return createSharedDatabases(storage === 'redis');
}
