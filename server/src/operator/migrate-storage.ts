import { inspectDatabase } from '../composition/inspect-storage.ts';
import { withStorage } from '../composition/open-storage.ts';
import type { StorageLocation } from '../composition/storage.ts';

export interface Migrations {
  /** Names of migrations. */
  database: string[];
  /** Names of the accounts' tables. */
  accounts: string[];
}

/** Lists what `migrateStorage` would do. Changes nothing. @throws ConfigError */
export async function pendingMigrationsOf(location: StorageLocation): Promise<Migrations> {
  const { pendingMigrations: database, pendingAccountTables: accounts } = await inspectDatabase(location);
  return { database, accounts };
}

/** Runs all pending migrations, as a start of the server does. @returns the migrations that ran @throws ConfigError */
export async function migrateStorage(location: StorageLocation): Promise<Migrations> {
  const pending = await pendingMigrationsOf(location);
  // Opening the storage and the accounts migrates them.
  await withStorage(location, ({ accounts }) => accounts(), { canCreate: true });
  return pending;
}
