import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { asStorageError } from '../../store/sqlite/sqlite-database.ts';
import { Refusals } from './accounts-database.ts';
import type { AccountsDatabase } from './accounts-database.ts';

/** How long a write waits for another process's lock. It blocks the event loop. */
const LOCK_TIMEOUT_MS = 500;

/** Opens the accounts, in a SQLite file of their own: better-auth holds transactions across awaits, which the store's connection must not. */
export function openSqliteAccounts(file: string): AccountsDatabase {
  const refusals = new Refusals();
  const database = new WatchedDatabase(file, refusals);
  return {
    database,
    refusals,
    async migrate(work) {
      // Of two processes that start at once, the second one finds the tables.
      database.exec('pragma journal_mode = wal; pragma synchronous = full; begin immediate');
      await work(database);
      database.exec('commit');
    },
    close: async () => database.close(),
  };
}

/** Opens the accounts to read them only. @param file a file that doesn't exist is an empty database */
export function openSqliteAccountsReadOnly(file: string): DatabaseSync {
  return existsSync(file) ? new DatabaseSync(file, { readOnly: true }) : new DatabaseSync(':memory:');
}

class WatchedDatabase extends DatabaseSync {
  readonly #refusals: Refusals;

  constructor(file: string, refusals: Refusals) {
    super(file, { timeout: LOCK_TIMEOUT_MS });
    this.#refusals = refusals;
  }

  override prepare(sql: string): StatementSync {
    // SQLite has already rolled back after a full disk. A second rollback would be an error that hides the first one.
    if (sql === 'rollback' && !this.isTransaction) return super.prepare('select 1 where false');
    const statement = super.prepare(sql);
    for (const method of ['all', 'run'] as const) {
      const original = statement[method].bind(statement) as (...parameters: unknown[]) => never;
      statement[method] = (...parameters: unknown[]) => {
        try {
          return original(...parameters);
        } catch (error) {
          this.#refusals.record(asStorageError(error));
          throw error;
        }
      };
    }
    return statement;
  }
}
