import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { CompiledQuery } from 'kysely';
import { StorageError } from '../../core/errors.ts';
import type { Database } from '../../ports/database.ts';
import { DiskSync } from './disk-sync.ts';
import { QueryBuilder } from '../query-builder.ts';
import type { Transaction } from '../transaction.ts';
import { WriteQueue } from './write-queue.ts';

/** How long a write waits for another process's, on the event loop (ms). Theirs are short; a longer one is a fault. */
const LOCK_PATIENCE = 200;

/** SQLite's result codes for what is no defect of ours and may go by: busy, locked, read-only, I/O, corrupt, full, can't open. */
const STORAGE_FAULTS = new Set([5, 6, 8, 10, 11, 13, 14]);

/** Busy (another connection) and locked (our own). */
const LOCKS = new Set([5, 6]);

/** How a transaction, or a part of one, begins and ends. */
interface Bounds {
  begin: string;
  end: string;
  undo: string;
}

const READ: Bounds = { begin: 'begin', end: 'rollback', undo: 'rollback' };
const WRITE: Bounds = { begin: 'begin immediate', end: 'commit', undo: 'rollback' };
const PART: Bounds = { begin: 'savepoint part', end: 'release part', undo: 'rollback to part; release part' };

/**
 * The one connection of this process to a SQLite file. Store and event log share it, and everything that writes
 * does so within one synchronous turn: there is nobody to wait for but another process.
 */
export class SqliteDatabase implements Database {
  readonly builder = new QueryBuilder('sqlite');
  readonly connection: DatabaseSync;
  /** Null in memory. */
  readonly #disk: DiskSync | null;
  /** How many write transactions were committed, and how many of these are on the disk. */
  #committed = 0;
  #durable = 0;
  readonly #statements = new Map<string, StatementSync>();
  readonly #queue = new WriteQueue(this);

  /** @param file a path, or `:memory:` */
  constructor(file: string) {
    this.connection = new DatabaseSync(file, { timeout: LOCK_PATIENCE });
    this.#disk = file === ':memory:' ? null : new DiskSync(`${file}-wal`);
    // With NORMAL a commit survives the process at once, and a power cut once the write-ahead log is synced: see `durable`.
    try {
      this.connection.exec(`
        pragma journal_mode = wal;
        pragma synchronous = normal;
        pragma foreign_keys = on;
        pragma temp_store = memory;
        pragma cache_size = -32000;
      `);
    } catch (error) {
      this.connection.close();
      throw error;
    }
  }

  get isTransaction(): boolean {
    return this.connection.isTransaction;
  }

  /** Runs the script, all or nothing, in one turn and a write transaction it may share. Resolves once that is durable. @throws StorageError */
  write<Result>(make: () => Transaction<Result>): Promise<Result> {
    return this.#queue.add(() => this.#run(make()));
  }

  /** Runs the script in one write transaction; a power cut may still undo it. @throws StorageError */
  writeNow<Result>(script: Transaction<Result>): Result {
    return this.atomically(() => this.#run(script));
  }

  /** Runs the script on one snapshot. Resolves once what it saw is durable. @throws StorageError */
  async read<Result>(make: () => Transaction<Result>): Promise<Result> {
    const result = this.#transact(READ, () => this.#run(make()));
    await this.durable();
    return result;
  }

  /** Runs synchronous work in one write transaction; a power cut may still undo it. @throws StorageError */
  atomically<Result>(work: () => Result): Result {
    const result = this.#transact(WRITE, work);
    this.#committed += 1;
    return result;
  }

  /** Runs synchronous work in the transaction under way, all or nothing. @throws StorageError */
  apart<Result>(work: () => Result): Result {
    return this.#transact(PART, work);
  }

  /** Resolves once every transaction this process has committed so far survives a power cut. @throws StorageError */
  async durable(): Promise<void> {
    const committed = this.#committed;
    if (committed <= this.#durable) return;
    await this.#disk?.sync();
    this.#durable = Math.max(this.#durable, committed);
  }

  /** The same, also for what other processes have committed. @throws StorageError */
  async durableEverywhere(): Promise<void> {
    await this.#disk?.sync();
  }

  close(): void {
    this.connection.close();
    this.#disk?.close();
  }

  #transact<Result>({ begin, end, undo }: Bounds, work: () => Result): Result {
    try {
      this.connection.exec(begin);
      const result = work();
      this.connection.exec(end);
      return result;
    } catch (error) {
      // Some failures (a full disk) have rolled back already.
      if (this.connection.isTransaction) this.connection.exec(undo);
      throw asStorageError(error);
    }
  }

  #run<Result>(script: Transaction<Result>): Result {
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

/** Whether it is another process's lock that was in the way. */
export function isLocked(error: unknown): boolean {
  if (error instanceof StorageError) return isLocked(error.cause);
  return LOCKS.has(primaryCode(error));
}

function primaryCode(error: unknown): number {
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  // The extended codes keep it in the low byte.
  return errcode & 0xff;
}

/** What it is for those who call us: a StorageError where storage itself is in trouble. */
export function asStorageError(error: unknown): unknown {
  if (!STORAGE_FAULTS.has(primaryCode(error))) return error;
  return new StorageError('The database can’t be read or written right now.', { cause: error });
}
