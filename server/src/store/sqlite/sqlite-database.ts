import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { CompiledQuery } from 'kysely';
import { StorageError } from '../../core/errors.ts';
import type { Database } from '../../ports/database.ts';
import { QueryBuilder } from '../query-builder.ts';
import type { Transaction } from '../transaction.ts';
import { DiskSync } from './disk-sync.ts';
import { WriteQueue } from './write-queue.ts';

/** How long a write waits on the event loop for the lock of another process. Locks are short; a longer wait is an error. */
const LOCK_TIMEOUT_MS = 200;

/** SQLite's result codes for temporary storage problems: busy, locked, read-only, I/O error, corrupt, full, can't open. */
const STORAGE_FAULTS = new Set([5, 6, 8, 10, 11, 13, 14]);

/** Busy (another connection) and locked (the same connection). */
const LOCKS = new Set([5, 6]);

/** Statements that only read. */
const READ_STATEMENT = /^(?:select\b|with\b(?!.*\b(?:insert|update|delete)\b))/s;

/** The statements around a transaction or a part of one. */
interface Bounds {
  begin: string;
  end: string;
  undo: string;
}

const READ: Bounds = { begin: 'begin', end: 'rollback', undo: 'rollback' };
const WRITE: Bounds = { begin: 'begin immediate', end: 'commit', undo: 'rollback' };
const PART: Bounds = { begin: 'savepoint part', end: 'release part', undo: 'rollback to part; release part' };

interface PreparedStatement {
  statement: StatementSync;
  isWrite: boolean;
}

/**
 * The only connection of this process to a SQLite file, shared by the store and the event log. Every write happens within one
 * synchronous turn of the event loop, so that it only ever waits for other processes.
 */
export class SqliteDatabase implements Database {
  readonly builder = new QueryBuilder('sqlite');
  readonly connection: DatabaseSync;
  /** Null for a database in memory. */
  readonly #disk: DiskSync | null;
  /** How many write transactions have been committed, and how many of them are known to be on the disk. */
  #committed = 0;
  #durable = 0;
  #writtenStatements = 0;
  readonly #statements = new Map<string, PreparedStatement>();
  readonly #queue = new WriteQueue(this);

  /** @param file a path, or `:memory:` */
  constructor(file: string) {
    this.connection = new DatabaseSync(file, { timeout: LOCK_TIMEOUT_MS });
    this.#disk = file === ':memory:' ? null : new DiskSync(`${file}-wal`);
    // With NORMAL, a commit survives a crash of the process at once, and a power cut once the write-ahead log is synced: see `durable`.
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

  get writtenStatements(): number {
    return this.#writtenStatements;
  }

  /** Runs the transaction in one turn; others may share its commit. Resolves once it is durable. @throws StorageError */
  write<Result>(begin: () => Transaction<Result>): Promise<Result> {
    return this.#queue.add(() => {
      try {
        return this.#run(begin());
      } catch (error) {
        throw asStorageError(error);
      }
    });
  }

  /** Runs the transaction at once. A power cut may still undo it. @throws StorageError */
  writeNow<Result>(transaction: Transaction<Result>): Result {
    return this.atomically(() => this.#run(transaction));
  }

  async read<Result>(begin: () => Transaction<Result>): Promise<Result> {
    const result = this.#transact(READ, () => this.#run(begin()));
    await this.durable();
    return result;
  }

  /** Runs synchronous work in one write transaction. A power cut may still undo it. @throws StorageError */
  atomically<Result>(work: () => Result): Result {
    const result = this.#transact(WRITE, work);
    this.#committed += 1;
    return result;
  }

  /** Runs synchronous work in the current transaction, and undoes only that work when it throws. @throws StorageError */
  isolated<Result>(work: () => Result): Result {
    return this.#transact(PART, work);
  }

  /** Resolves once every transaction that this process has committed survives a power cut. @throws StorageError */
  async durable(): Promise<void> {
    const committed = this.#committed;
    if (committed <= this.#durable) return;
    await this.#disk?.sync();
    this.#durable = Math.max(this.#durable, committed);
  }

  /** The same for the transactions of all processes. @throws StorageError */
  async durableEverywhere(): Promise<void> {
    await this.#disk?.sync();
  }

  /** Runs work before the next sync of the disk starts. @param work must not throw */
  beforeNextSync(work: () => void): void {
    if (this.#disk === null) setImmediate(work);
    else this.#disk.beforeNext(work);
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
      // Some failures, such as a full disk, have rolled back already.
      if (this.connection.isTransaction) this.connection.exec(undo);
      throw asStorageError(error);
    }
  }

  #run<Result>(transaction: Transaction<Result>): Result {
    let step = transaction.next([]);
    while (step.done !== true) step = transaction.next(this.#rows(step.value));
    return step.value;
  }

  #rows({ sql, parameters }: CompiledQuery): readonly unknown[] {
    const { statement, isWrite } = this.#statements.get(sql) ?? this.#prepare(sql);
    if (isWrite) this.#writtenStatements += 1;
    return statement.all(...(parameters as SQLInputValue[]));
  }

  #prepare(sql: string): PreparedStatement {
    const statement = this.connection.prepare(sql);
    const prepared = { statement, isWrite: !READ_STATEMENT.test(sql) };
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** Whether the lock of another process was in the way. */
export function isLocked(error: unknown): boolean {
  if (error instanceof StorageError) return isLocked(error.cause);
  return LOCKS.has(primaryCode(error));
}

function primaryCode(error: unknown): number {
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  // Extended result codes have the primary code in the low byte.
  return errcode & 0xff;
}

/** Converts an error of SQLite to a StorageError when the storage is the problem. */
export function asStorageError(error: unknown): unknown {
  if (!STORAGE_FAULTS.has(primaryCode(error))) return error;
  return new StorageError('The database can’t be read or written right now.', { cause: error });
}
