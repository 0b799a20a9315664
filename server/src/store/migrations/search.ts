import { sql } from 'kysely';
import type { Compilable, RawBuilder } from 'kysely';
import type { QueryBuilder } from '../query-builder.ts';
import { indexAll } from '../search/search-index.ts';
import type { Migration } from './migration.ts';

export const search: Migration = {
  name: '2026-11-21-search',
  statements: (db) => [
    db.schema
      .createTable('search_entries')
      .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
      .addColumn('message_id', 'text', (column) => column.references('messages.id').onDelete('cascade')),
    db.schema
      .createIndex('search_entries_by_message')
      .unique()
      .on('search_entries')
      .columns(['chat_id', 'message_id']),
    db.schema.createIndex('search_entries_of_message').on('search_entries').columns(['message_id']),
    db.schema
      .createTable('search_shelves')
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('shelf', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('search_shelves_key', ['user_id', 'shelf']),
    ...(db.isPostgres ? wordsInPostgres(db) : wordsInSqlite(db)),
  ],
  fill: indexAll,
};

function wordsInSqlite(db: QueryBuilder): Compilable[] {
  return [
    statement(
      db,
      sql`create virtual table search_index using fts5(shelf, title, body, content='', contentless_delete=1, prefix='2 3', tokenize='ascii')`,
    ),
    // Removes the words of an entry with the entry, also when that is removed by a cascade.
    statement(
      db,
      sql`create trigger search_entries_removed after delete on search_entries begin delete from search_index where rowid = old.position; end`,
    ),
  ];
}

function wordsInPostgres(db: QueryBuilder): Compilable[] {
  return [
    db.schema
      .createTable('search_index')
      .addColumn('rowid', 'bigint', (column) =>
        column.primaryKey().references('search_entries.position').onDelete('cascade'),
      )
      .addColumn('words', sql`tsvector`, (column) => column.notNull()),
    db.schema.createIndex('search_index_words').on('search_index').using('gin').column('words'),
  ];
}

function statement(db: QueryBuilder, raw: RawBuilder<unknown>): Compilable {
  return { compile: () => raw.compile(db) };
}
