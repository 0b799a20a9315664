import { AsyncLocalStorage } from 'node:async_hooks';
import type { BetterAuthOptions } from 'better-auth';
import { StorageError } from '../../core/errors.ts';

export type BetterAuthDatabase = NonNullable<BetterAuthOptions['database']>;

/** The database of accounts. It reports every refused query to `refusals`. */
export interface AccountsDatabase {
  readonly database: BetterAuthDatabase;
  readonly refusals: Refusals;
  /** Creates the tables in one transaction, which nodes that start at once run one after the other. @param work gets the database of the transaction */
  migrate(work: (database: BetterAuthDatabase) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Records whether storage refused a query of a request. better-auth hides that: it answers 500, or 200 for a sign-out that was
 * never written.
 */
export class Refusals {
  readonly #requests = new AsyncLocalStorage<{ refusal: StorageError | null }>();

  /** Runs the work of a request. @throws StorageError when storage refused a query, even if the work succeeded */
  async watch<Result>(work: () => Promise<Result>): Promise<Result> {
    const request: { refusal: StorageError | null } = { refusal: null };
    const result = await this.#requests.run(request, work).catch((error: unknown) => {
      throw request.refusal ?? error;
    });
    if (request.refusal !== null) throw request.refusal;
    return result;
  }

  /** Records an error that better-auth is about to hide. */
  record(error: unknown): void {
    const request = this.#requests.getStore();
    if (request !== undefined && error instanceof StorageError) request.refusal ??= error;
  }
}
