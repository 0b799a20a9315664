import type { Compilable, CompiledQuery } from 'kysely';
import type { Ids } from '../ports/ids.ts';
import type { QueryBuilder } from './query-builder.ts';

/**
 * Database work that either happens completely or not at all, written once for every database: a generator that yields
 * compiled queries and receives their rows. SQLite runs it in one synchronous turn, so that no write transaction spans an
 * `await`; PostgreSQL awaits each query. It may run several times before it commits, so it must not change anything but
 * the database.
 */
export type Transaction<Result> = Generator<CompiledQuery, Result, readonly unknown[]>;

/** What each transaction gets as its first parameter. Each attempt gets a new one. */
export interface TransactionContext {
  readonly db: QueryBuilder;
  /** The time of the attempt, in milliseconds since 1970-01-01 UTC. */
  readonly now: number;
  readonly ids: Ids;
  /** Whether the database refuses writes and locks in this transaction. */
  readonly isReadOnly: boolean;
}

export function* all<Row>(query: Compilable<Row>): Transaction<Row[]> {
  // Kysely derives the row type from the schema that the migrations create.
  return (yield query.compile()) as Row[];
}

export function* first<Row>(query: Compilable<Row>): Transaction<Row | undefined> {
  return (yield* all(query))[0];
}

export function* execute(query: Compilable): Transaction<void> {
  yield query.compile();
}

/**
 * Inserts rows with one statement on PostgreSQL, which saves round trips. SQLite would run such a statement in a savepoint, and
 * flush its full-text index for that, so it gets a statement for each row.
 */
export function* insertRows<Row>(
  db: QueryBuilder,
  insertion: (db: QueryBuilder, rows: readonly Row[]) => Compilable,
  rows: readonly Row[],
): Transaction<void> {
  if (db.isPostgres) yield insertion(db, rows).compile();
  else for (const row of rows) yield insertion(db, [row]).compile();
}
