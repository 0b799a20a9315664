import type { Migration } from './migration.ts';

export const shares: Migration = {
  name: '2026-11-21-shares',
  statements: (db) => [
    db.schema
      .createTable('shares')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
      .addColumn('hash', 'text', (column) => column.notNull().unique())
      .addColumn('title', 'text')
      .addColumn('message_count', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('messages', 'text', (column) => column.notNull()),
    db.schema.createIndex('shares_by_chat').on('shares').columns(['chat_id']),
    db.schema
      .createTable('share_media')
      .addColumn('share_id', 'text', (column) => column.notNull().references('shares.id').onDelete('cascade'))
      .addColumn('media_id', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull().references('media_contents.hash'))
      .addPrimaryKeyConstraint('share_media_key', ['share_id', 'media_id']),
    db.schema.createIndex('share_media_by_contents').on('share_media').columns(['hash']),
  ],
};
