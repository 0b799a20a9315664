import { AsyncLocalStorage } from 'node:async_hooks';
import type { BetterAuthOptions } from 'better-auth';
import { StorageError } from '../../core/errors.ts';

export type BetterAuthDatabase = NonNullable<BetterAuthOptions['database']>;

/** The database of accounts. It reports every refused query to `refusals`. */
export interface AccountsDatabase {
  readonly database: BetterAuthDatabase;
  readonly refusals: Refusals;
  /** Makes tables, all or none; of several nodes that begin at once one does. @param work is given the database to do it in */
  migrate(work: (database: BetterAuthDatabase) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Remembers whether storage refused anything to a request. better-auth keeps that to itself: it answers 500, or 200 for a sign-out
 * that was never written.
 */
export class Refusals {
  readonly #requests = new AsyncLocalStorage<{ refusal: StorageError | null }>();

  /** @throws StorageError when storage refused anything, whatever became of the work */
  async watch<Result>(work: () => Promise<Result>): Promise<Result> {
    const request: { refusal: StorageError | null } = { refusal: null };
    const result = await this.#requests.run(request, work).catch((error: unknown) => {
      throw request.refusal ?? error;
    });
    if (request.refusal !== null) throw request.refusal;
    return result;
  }

  /** Of what better-auth is about to keep to itself. */
  note(error: unknown): void {
    const request = this.#requests.getStore();
    if (request !== undefined && error instanceof StorageError) request.refusal ??= error;
  }
}
