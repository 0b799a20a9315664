import { performance } from 'node:perf_hooks';

/**
 * How long one turn of the event loop works on queued writes. Writes of one turn share a commit, which costs 0.15 ms, half as much
 * as the start of a reply. The limit keeps a crowd of starts from delaying the replies that run.
 */
const TURN_MS = 2;

/** What the queue needs of a database. */
interface WritableDatabase {
  readonly isTransaction: boolean;
  /** How many writing statements have run. */
  readonly writtenStatements: number;
  /** Runs work in a transaction of its own. */
  atomically<Result>(work: () => Result): Result;
  /** Runs work in the current transaction, and undoes only that work when it throws. */
  isolated<Result>(work: () => Result): Result;
  durable(): Promise<void>;
  /** Runs work before the next sync of the disk starts, but not in this turn of the event loop. */
  beforeNextSync(work: () => void): void;
}

interface QueuedWrite {
  /** @returns how to report the result once it is durable */
  run(mode: 'direct' | 'isolated'): () => void;
  fail(error: unknown): void;
}

/** Thrown when a write has failed halfway and was not isolated from the other writes of its transaction. */
class HalfwayFailure extends Error {}

/**
 * Writes that wait for their turn, which they share with others: one transaction, one commit.
 *
 * A savepoint for each write would make SQLite flush its full-text index each time. So writes run without one. When a write
 * fails after it has changed something, the whole transaction is rolled back, and its writes run again with savepoints.
 */
export class WriteQueue {
  readonly #database: WritableDatabase;
  #queue: QueuedWrite[] = [];

  constructor(database: WritableDatabase) {
    this.#database = database;
  }

  /**
   * @param work may run twice
   * @returns the result of the work, once it is durable; an error undoes this work only
   */
  add<Result>(work: () => Result): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const run = (mode: 'direct' | 'isolated') => {
      const before = this.#database.writtenStatements;
      try {
        const result = mode === 'direct' ? work() : this.#database.isolated(work);
        return () => resolve(result);
      } catch (error) {
        // Some failures, such as a full disk, have rolled back the whole transaction.
        if (!this.#database.isTransaction) throw error;
        const hasWritten = this.#database.writtenStatements !== before;
        if (mode === 'direct' && hasWritten) throw new HalfwayFailure('', { cause: error });
        return () => reject(error);
      }
    };
    this.#queue.push({ run, fail: reject });
    // A commit during a sync would be durable only after the next one. Until that starts, other writes can join.
    if (this.#queue.length === 1) this.#database.beforeNextSync(() => void this.#takeTurn());
    return promise;
  }

  /** Never rejects. */
  async #takeTurn(): Promise<void> {
    const taken: QueuedWrite[] = [];
    try {
      const reports = this.#commit(taken);
      await this.#database.durable();
      for (const report of reports) report();
    } catch (error) {
      for (const write of taken) write.fail(error);
    }
  }

  /** @param taken receives the writes of this turn, also when this throws */
  #commit(taken: QueuedWrite[]): (() => void)[] {
    try {
      return this.#database.atomically(() => this.#runUntilTimeout(taken));
    } catch (error) {
      if (!(error instanceof HalfwayFailure)) throw error;
      return this.#database.atomically(() => taken.map((write) => write.run('isolated')));
    } finally {
      // When the transaction could not even begin, all waiting writes fail.
      if (taken.length === 0) taken.push(...this.#queue);
      this.#queue = this.#queue.slice(taken.length);
      // A crowd doesn't wait for a sync between its turns.
      if (this.#queue.length > 0) setImmediate(() => void this.#takeTurn());
    }
  }

  #runUntilTimeout(taken: QueuedWrite[]): (() => void)[] {
    const deadline = performance.now() + TURN_MS;
    const reports: (() => void)[] = [];
    for (const write of this.#queue) {
      taken.push(write);
      reports.push(write.run('direct'));
      if (performance.now() >= deadline) break;
    }
    return reports;
  }
}
