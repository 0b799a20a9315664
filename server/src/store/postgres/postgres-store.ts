import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { migrate } from '../migrations/migrate.ts';
import { createStore } from '../store.ts';
import type { Store } from '../store.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** Migrates a PostgreSQL database and creates the store on it. When several nodes start at once, one of them migrates. */
export async function createPostgresStore(
  database: PostgresDatabase,
  dependencies: { clock: Clock; ids: Ids },
): Promise<Store> {
  await database.writeWithoutTimeout(() => migrate({ db: database.builder, now: dependencies.clock.now() }));
  return createStore(database, dependencies);
}
