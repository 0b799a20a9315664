import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { StorageError } from '../../core/errors.ts';
import { asStorageError } from '../store/sqlite-database.ts';

/**
 * A SQLite file that remembers whether storage refused anything to a request. better-auth keeps that to itself: it answers 500,
 * or 200 for a sign-out that was never written.
 */
export class WatchedDatabase extends DatabaseSync {
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
          this.note(asStorageError(error));
          throw error;
        }
      };
    }
    return statement;
  }

  /** Of what else better-auth would keep to itself. */
  note(error: unknown): void {
    const request = this.#requests.getStore();
    if (request !== undefined && error instanceof StorageError) request.refusal ??= error;
  }
}
