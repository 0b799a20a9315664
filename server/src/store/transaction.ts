import type { Compilable, CompiledQuery } from 'kysely';

/**
 * A piece of database work, written once for every database: a generator that yields the queries Kysely built and is
 * given their rows. SQLite runs it in one synchronous turn, so that no write transaction ever spans an `await`;
 * PostgreSQL may await each query.
 */
export type Script<Result> = Generator<CompiledQuery, Result, readonly unknown[]>;

export function* all<Row>(query: Compilable<Row>): Script<Row[]> {
  // The rows are what the query's type says: Kysely derived it from the schema the migrations made.
  return (yield query.compile()) as Row[];
}

export function* first<Row>(query: Compilable<Row>): Script<Row | undefined> {
  return (yield* all(query))[0];
}

export function* execute(query: Compilable): Script<void> {
  yield query.compile();
}
