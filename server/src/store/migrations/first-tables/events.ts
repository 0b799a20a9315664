import { sql } from 'kysely';
import type { Compilable } from 'kysely';
import type { QueryBuilder } from '../../query-builder.ts';

/** The event log. */
export function eventTables(db: QueryBuilder): Compilable[] {
  return [
    db.schema
      .createTable('event_journal')
      .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('writer', 'bigint', (column) => column.notNull())
      .addColumn('generation_id', 'text', (column) => column.notNull())
      .addColumn('sequence', 'integer', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull()),
    db.schema
      .createTable('event_segments')
      .addColumn('generation_id', 'text', (column) => column.notNull())
      .addColumn('first_sequence', 'integer', (column) => column.notNull())
      .addColumn('last_sequence', 'integer', (column) => column.notNull())
      .addColumn('events', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('event_segments_key', ['generation_id', 'last_sequence']),
    // For people who inspect the database. `union` removes events that are in both tables.
    db.schema.createView('events').as(
      db
        .selectFrom(['event_segments', eachOf(db, 'events').as('event')])
        .select([
          'generation_id',
          sql`first_sequence + event.key`.as('sequence'),
          sql`${db.isPostgres ? sql`(event.value ->> 0) collate "C"` : sql`event.value ->> 0`}`.as('name'),
          sql`${db.isPostgres ? sql`(event.value -> 1)::text collate "C"` : sql`event.value -> 1`}`.as(
            'data',
          ),
        ])
        .union(db.selectFrom('event_journal').select(['generation_id', 'sequence', 'name', 'data'])),
    ),
  ];
}

/** The elements of a JSON array with their indexes. */
function eachOf(db: QueryBuilder, column: string) {
  return db.isPostgres
    ? sql<{
        key: number;
        value: string;
      }>`lateral (select place - 1 as key, value from json_array_elements(${sql.ref(column)}::json) with ordinality as each(value, place))`
    : sql<{ key: number; value: string }>`json_each(${sql.ref(column)})`;
}
