import type { Migration } from './migration.ts';

export const ratingsAndFirstTokens: Migration = {
  name: '2026-11-21-ratings-and-first-tokens',
  statements: (db) => [
    db.schema.alterTable('generations').addColumn('first_token_ms', 'integer'),
    db.schema
      .createTable('message_ratings')
      .addColumn('message_id', 'text', (column) =>
        column.primaryKey().references('messages.id').onDelete('cascade'),
      )
      .addColumn('rating', 'text', (column) => column.notNull())
      .addColumn('note', 'text')
      .addColumn('rated_at', 'bigint', (column) => column.notNull()),
  ],
};
