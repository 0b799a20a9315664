import type { Migration } from './migration.ts';

export const apiKeys: Migration = {
  name: '2026-11-21-api-keys',
  statements: (db) => [
    db.schema
      .createTable('api_keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('start', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('last_used_at', 'bigint')
      .addColumn('expires_at', 'bigint'),
    db.schema.createIndex('api_keys_by_user').on('api_keys').columns(['user_id', 'id']),
  ],
};
