import { performance } from 'node:perf_hooks';

/**
 * How long one turn of the event loop works on queued writes (ms). Those that wait share a commit, which costs 0.15 ms, half as
 * much as the start of a reply; and a crowd of starts doesn't hold up the replies that run.
 */
const TURN = 2;

/** What the queue needs of a database. */
interface Transactions {
  readonly isTransaction: boolean;
  /** Works in a transaction of its own. */
  atomically<Result>(work: () => Result): Result;
  /** Works in the transaction under way, all or nothing. */
  apart<Result>(work: () => Result): Result;
  durable(): Promise<void>;
}

interface Waiting {
  /** Does the work. @returns how to tell whoever waits for it */
  run(): () => void;
  fail(error: unknown): void;
}

/** Writes that wait for their turn, which they share with others: one transaction, one commit. */
export class WriteQueue {
  readonly #transactions: Transactions;
  #waiting: Waiting[] = [];

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  /** @returns what the work returned, once that is durable; what it throws undoes it alone */
  add<Result>(work: () => Result): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const run = () => {
      try {
        const result = this.#transactions.apart(work);
        return () => resolve(result);
      } catch (error) {
        // A full disk, say, has undone the work of all.
        if (!this.#transactions.isTransaction) throw error;
        return () => reject(error);
      }
    };
    this.#waiting.push({ run, fail: reject });
    if (this.#waiting.length === 1) this.#schedule();
    return promise;
  }

  #schedule(): void {
    // setImmediate, not a microtask: whatever other requests are ready join.
    setImmediate(() => void this.#takeTurn());
  }

  /** Never rejects. */
  async #takeTurn(): Promise<void> {
    const taken: Waiting[] = [];
    try {
      const told = this.#commit(taken);
      await this.#transactions.durable();
      for (const tell of told) tell();
    } catch (error) {
      for (const waiting of taken) waiting.fail(error);
    }
  }

  /** @param taken those whose turn it is, once this returns or throws */
  #commit(taken: Waiting[]): (() => void)[] {
    try {
      return this.#transactions.atomically(() => this.#work(taken));
    } finally {
      // Those of a transaction that could not even begin have had their turn, all of them.
      if (taken.length === 0) taken.push(...this.#waiting);
      this.#waiting = this.#waiting.slice(taken.length);
      if (this.#waiting.length > 0) this.#schedule();
    }
  }

  #work(taken: Waiting[]): (() => void)[] {
    const until = performance.now() + TURN;
    const told: (() => void)[] = [];
    for (const next of this.#waiting) {
      taken.push(next);
      told.push(next.run());
      if (performance.now() >= until) break;
    }
    return told;
  }
}
