import { inspectDatabase } from './inspect-database.ts';
import { withStorage } from './storage.ts';
import type { Place } from './storage.ts';

/** Names of migrations, and of the accounts' tables. */
export interface Migrations {
  database: string[];
  accounts: string[];
}

/** What `migrateStorage` would do. Changes nothing. @throws ConfigError */
export async function pendingMigrationsOf(place: Place): Promise<Migrations> {
  const { pendingMigrations: database, pendingAccountTables: accounts } = await inspectDatabase(place);
  return { database, accounts };
}

/** Brings all tables to the newest shape, as a start of the server does. @returns what was done @throws ConfigError */
export async function migrateStorage(place: Place): Promise<Migrations> {
  const pending = await pendingMigrationsOf(place);
  // To open them is to migrate them.
  await withStorage(place, ({ accounts }) => accounts(), { mayBegin: true });
  return pending;
}
