import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const attachments: Migration = {
  name: '2026-11-21-attachments',
  statements: (db) => [
    db.schema
      .createTable('attachments')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('owner_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('chat_id', 'text', (column) => column.references('chats.id').onDelete('cascade'))
      .addColumn('hash', 'text', (column) => column.notNull().references('media_contents.hash'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('width', 'integer')
      .addColumn('height', 'integer')
      .addColumn('used_at', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull()),
    db.schema.createIndex('attachments_by_owner').on('attachments').columns(['owner_id', 'used_at']),
    db.schema.createIndex('attachments_by_chat').on('attachments').columns(['chat_id']),
    db.schema.createIndex('attachments_by_contents').on('attachments').columns(['hash']),
    db.schema
      .createIndex('attachments_unused')
      .on('attachments')
      .columns(['created_at'])
      .where(sql.ref('used_at'), 'is', null),
  ],
};
