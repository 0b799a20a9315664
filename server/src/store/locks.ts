import { sql } from 'kysely';
import type { CompiledQuery } from 'kysely';
import type { QueryBuilder } from './query-builder.ts';
import type { Script } from './transaction.ts';

/** A query that waits until nobody else holds a name, and holds it until the end of the transaction. */
export interface LockQuery extends CompiledQuery {
  readonly lockName: string;
}

/**
 * SQLite has one writer. In PostgreSQL each user has: whatever writes what belongs to a user takes this lock first, and then reads
 * what is there. So limits, numbers and owners need no thought of their own, and users don't wait for each other.
 */
export function lockUser(db: QueryBuilder, userId: string): Script<void> {
  return lock(db, `user ${userId}`);
}

/** For what is decided by the rows of several users. Take it after those of users. */
export function lockAll(db: QueryBuilder, what: 'administrators' | 'migrations' | 'total'): Script<void> {
  return lock(db, what);
}

function* lock(db: QueryBuilder, lockName: string): Script<void> {
  if (!db.isPostgres) return;
  const query = sql`select pg_advisory_xact_lock(hashtextextended(${`millrace ${lockName}`}, 0))`.compile(db);
  const lockQuery: LockQuery = { ...query, lockName };
  yield lockQuery;
}

export function isLockQuery(query: CompiledQuery): query is LockQuery {
  return 'lockName' in query;
}
