import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const supportChatsAndTickets: Migration = {
  name: '2026-11-21-dialects',
  statements: (db) => [
    db.schema
      .alterTable('chats')
      .addColumn('is_support', 'integer', (column) => column.notNull().defaultTo(0)),
    db.schema
      .createIndex('chats_for_support')
      .on('chats')
      .columns(['owner_id', 'id'])
      .where(sql.ref('is_support'), '=', 1),
    db.schema
      .createTable('tickets')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('chat_id', 'text', (column) => column.references('chats.id').onDelete('cascade'))
      .addColumn('message', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull()),
    db.schema.createIndex('tickets_by_age').on('tickets').columns(['expires_at']),
  ],
};
