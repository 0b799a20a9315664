import { openSqliteAccountsReadOnly } from './adapters/accounts/sqlite-accounts.ts';
import { migrationNames, pendingMigrations } from './store/migrations/migrate.ts';
import type { Script } from './store/transaction.ts';
import { SqliteDatabase } from './store/sqlite/sqlite-database.ts';
import { accountsFile, databaseFile, hasDataDir, usingDataDir } from './data-dir.ts';
import type { Place } from './storage.ts';

export interface DatabaseReport {
  /** Whether there is a database yet. */
  exists: boolean;
  /** Names of what `millrace migrate`, or a start of the server, would do to it. */
  pendingMigrations: string[];
  /** Names of the accounts' tables that it would make or change. */
  pendingAccountTables: string[];
}

/**
 * Looks at what is kept, and whether it can be written to, without changing anything.
 * @throws ConfigError when it can't be opened, StorageError when it can't be written to
 */
export async function inspectDatabase({ DATA_DIR, DATABASE_URL = null }: Place): Promise<DatabaseReport> {
  if (DATABASE_URL !== null) {
    const { inspectPostgres } = await import('./postgres-storage.ts');
    return inspectPostgres(DATABASE_URL);
  }
  const { pendingAccountTables } = await import('./adapters/accounts/better-auth-accounts.ts');
  const accountsDatabase = openSqliteAccountsReadOnly(accountsFile(DATA_DIR));
  const accounts = await pendingAccountTables(accountsDatabase).finally(() => accountsDatabase.close());
  if (!hasDataDir(DATA_DIR)) {
    return { exists: false, pendingMigrations: migrationNames(), pendingAccountTables: accounts };
  }
  const file = databaseFile(DATA_DIR);
  const database = await usingDataDir(DATA_DIR, () => new SqliteDatabase(file));
  try {
    const pending = await database.read(() => pendingMigrations(database.builder));
    database.writeNow(nothing());
    return { exists: true, pendingMigrations: pending, pendingAccountTables: accounts };
  } finally {
    database.close();
  }
}

/** To take the write lock is to be able to write. */
function* nothing(): Script<void> {}
