import { migrationNames, pendingMigrations } from './adapters/store/migrate.ts';
import { sqliteQueryBuilder } from './adapters/store/query-builder.ts';
import type { Script } from './adapters/store/script.ts';
import { SqliteDatabase } from './adapters/store/sqlite-database.ts';
import type { Config } from './config.ts';
import { databaseFile, usingDataDir } from './data-dir.ts';

/**
 * Looks at the database of a folder, and takes its write lock, without changing anything.
 * @throws ConfigError when it can't be opened, StorageError when it can't be written to
 */
export async function inspectDatabase(
  config: Pick<Config, 'DATA_DIR'>,
): Promise<{ exists: boolean; pendingMigrations: string[] }> {
  const file = databaseFile(config);
  if (file === null) return { exists: false, pendingMigrations: migrationNames() };
  const database = await usingDataDir(config.DATA_DIR, () => new SqliteDatabase(file));
  try {
    const pending = await database.read(pendingMigrations(sqliteQueryBuilder()));
    database.writeNow(nothing());
    return { exists: true, pendingMigrations: pending };
  } finally {
    database.close();
  }
}

/** To take the write lock is to be able to write. */
function* nothing(): Script<void> {}
