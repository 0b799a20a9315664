import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Store } from '../../ports/store.ts';
import { migrate } from '../migrations/migrate.ts';
import { createSqlStore } from '../store.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/** The store in a SQLite file. Migrates it. */
export function createSqliteStore(database: SqliteDatabase, dependencies: { clock: Clock; ids: Ids }): Store {
  database.writeNow(migrate(database.builder, dependencies.clock.now()));
  return createSqlStore(database, dependencies);
}
