import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { migrate } from '../migrations/migrate.ts';
import { createStore } from '../store.ts';
import type { Store } from '../store.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/** Migrates a SQLite database and creates the store on it. */
export function createSqliteStore(database: SqliteDatabase, dependencies: { clock: Clock; ids: Ids }): Store {
  database.writeNow(migrate({ db: database.builder, now: dependencies.clock.now() }));
  return createStore(database, dependencies);
}
