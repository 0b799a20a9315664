import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Store } from '../../ports/store.ts';
import { migrate } from '../migrations/migrate.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import { createSqlStore } from '../store.ts';

/** The store in a PostgreSQL database. Migrates it; of several nodes that begin at once, one does. */
export async function createPostgresStore(
  database: PostgresDatabase,
  dependencies: { clock: Clock; ids: Ids },
): Promise<Store> {
  await database.patiently(() => migrate(database.builder, dependencies.clock.now()));
  return createSqlStore(database, dependencies);
}
