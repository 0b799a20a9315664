import { join } from 'node:path';
import type { Config } from './config.ts';
import { ACCOUNTS, withDataDir } from './data-dir.ts';
import { inspectDatabase } from './inspect-database.ts';

/** Names of migrations, and of the accounts' tables. */
export interface Migrations {
  database: string[];
  accounts: string[];
}

/** What `migrateDataDir` would do. Changes nothing. @throws ConfigError */
export async function pendingMigrationsOf(config: Pick<Config, 'DATA_DIR'>): Promise<Migrations> {
  const { pendingAccountTables } = await import('./adapters/accounts/better-auth-accounts.ts');
  const { pendingMigrations: database } = await inspectDatabase(config);
  return { database, accounts: await pendingAccountTables(join(config.DATA_DIR, ACCOUNTS)) };
}

/** Brings all tables to the newest shape, as a start of the server does. @returns what was done @throws ConfigError */
export async function migrateDataDir(config: Pick<Config, 'DATA_DIR'>): Promise<Migrations> {
  const pending = await pendingMigrationsOf(config);
  // To open them is to migrate them.
  await withDataDir(config, ({ accounts }) => accounts(), { mayBegin: true });
  return pending;
}
