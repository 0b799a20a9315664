import { sql } from 'kysely';
import type { CompiledQuery } from 'kysely';
import type { Transaction, TransactionContext } from './transaction.ts';

/**
 * The order in which a transaction takes locks, so that two of them never wait for each other:
 *
 * 1. Users (`lockUser`), in the order of their ids. Every transaction that decides by what a user has takes the lock of that
 *    user first, and reads afterwards. So limits and balances need no other precaution.
 * 2. One chat (`accessibleChat` for 'write' or 'own', `settleGeneration`). Every transaction that changes a chat which it did not create
 *    locks it, because several people may write to one chat.
 * 3. A generation that is about to be settled (`settleGeneration`).
 * 4. What all users share (`lockShared`).
 *
 * SQLite has a single writer and needs no locks.
 */

/** A query that waits for a named lock and holds it until the end of the transaction. */
export interface LockQuery extends CompiledQuery {
  readonly lockName: string;
}

export function lockUser({ db }: Pick<TransactionContext, 'db'>, userId: string): Transaction<void> {
  return lock(db, `user ${userId}`);
}

/** Locks the user of a generation in the query that looks the user up. */
export function* lockUserOfGeneration(
  { db }: Pick<TransactionContext, 'db'>,
  generationId: string,
): Transaction<void> {
  if (!db.isPostgres) return;
  const lockName = sql`'millrace user ' || user_id`;
  yield sql`select pg_advisory_xact_lock(hashtextextended(${lockName}, 0)) from generations where id = ${generationId}`.compile(
    db,
  );
}

/** Locks what is decided by the rows of several users. Take it after the locks of users and chats. */
export function lockShared(
  { db }: Pick<TransactionContext, 'db'>,
  what: 'administrators' | 'migrations' | 'total',
): Transaction<void> {
  return lock(db, what);
}

function* lock(db: TransactionContext['db'], lockName: string): Transaction<void> {
  if (!db.isPostgres) return;
  const query = sql`select pg_advisory_xact_lock(hashtextextended(${`millrace ${lockName}`}, 0))`.compile(db);
  const lockQuery: LockQuery = { ...query, lockName };
  yield lockQuery;
}

export function isLockQuery(query: CompiledQuery): query is LockQuery {
  return 'lockName' in query;
}
