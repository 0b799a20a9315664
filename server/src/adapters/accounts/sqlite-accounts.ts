import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { asStorageError } from '../../store/sqlite/sqlite-database.ts';
import { Refusals } from './accounts-database.ts';
import type { AccountsDatabase } from './accounts-database.ts';

/** How long a write waits for another process's, on the event loop (ms). */
const LOCK_PATIENCE = 500;

/** Accounts in a SQLite file of their own: better-auth keeps transactions open across awaits, which the log's connection must not. */
export function openSqliteAccounts(file: string): AccountsDatabase {
  const refusals = new Refusals();
  const database = new WatchedDatabase(file, refusals);
  return {
    database,
    refusals,
    async migrate(work) {
      // Of two processes that begin at once, the second finds the tables made.
      database.exec('pragma journal_mode = wal; pragma synchronous = full; begin immediate');
      await work(database);
      database.exec('commit');
    },
    close: async () => database.close(),
  };
}

/** The same to be looked at. @param file need not exist */
export function openSqliteAccountsReadOnly(file: string): DatabaseSync {
  return existsSync(file) ? new DatabaseSync(file, { readOnly: true }) : new DatabaseSync(':memory:');
}

class WatchedDatabase extends DatabaseSync {
  readonly #refusals: Refusals;

  constructor(file: string, refusals: Refusals) {
    super(file, { timeout: LOCK_PATIENCE });
    this.#refusals = refusals;
  }

  override prepare(sql: string): StatementSync {
    // A full disk has rolled back already; a second time is an error that hides the first.
    if (sql === 'rollback' && !this.isTransaction) return super.prepare('select 1 where false');
    const statement = super.prepare(sql);
    for (const method of ['all', 'run'] as const) {
      const original = statement[method].bind(statement) as (...parameters: unknown[]) => never;
      statement[method] = (...parameters: unknown[]) => {
        try {
          return original(...parameters);
        } catch (error) {
          this.#refusals.note(asStorageError(error));
          throw error;
        }
      };
    }
    return statement;
  }
}
