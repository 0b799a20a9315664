import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { CompiledQuery } from 'kysely';
import type { Script } from './script.ts';

/**
 * The one connection of this process to a SQLite file. Store and event log share it, and everything that writes
 * does so within one synchronous turn: there is nobody to wait for but another process.
 */
export class SqliteDatabase {
  readonly connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @param file a path, or `:memory:` */
  constructor(file: string) {
    this.connection = new DatabaseSync(file, { timeout: 5000 });
    // WAL with FULL: a commit survives power loss. Grouped, that costs 2 µs an event (docs of the event log).
    this.connection.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma foreign_keys = on;
      pragma temp_store = memory;
      pragma cache_size = -32000;
    `);
  }

  /** Runs the script in one write transaction, all or nothing. */
  write<Result>(script: Script<Result>): Result {
    return this.atomically(() => this.#run(script));
  }

  /** Runs the script on one snapshot. */
  read<Result>(script: Script<Result>): Result {
    this.connection.exec('begin');
    try {
      return this.#run(script);
    } finally {
      this.connection.exec('rollback');
    }
  }

  /** Runs synchronous work in one write transaction. */
  atomically<Result>(work: () => Result): Result {
    this.connection.exec('begin immediate');
    try {
      const result = work();
      this.connection.exec('commit');
      return result;
    } catch (error) {
      // Some failures (a full disk) have rolled back already.
      if (this.connection.isTransaction) this.connection.exec('rollback');
      throw error;
    }
  }

  close(): void {
    this.connection.close();
  }

  #run<Result>(script: Script<Result>): Result {
    let step = script.next([]);
    while (step.done !== true) step = script.next(this.#rows(step.value));
    return step.value;
  }

  #rows(query: CompiledQuery): readonly unknown[] {
    let statement = this.#statements.get(query.sql);
    if (statement === undefined) {
      statement = this.connection.prepare(query.sql);
      this.#statements.set(query.sql, statement);
    }
    return statement.all(...(query.parameters as SQLInputValue[]));
  }
}
