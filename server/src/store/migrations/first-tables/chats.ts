import { sql } from 'kysely';
import type { Compilable } from 'kysely';
import type { QueryBuilder } from '../../query-builder.ts';

/** Users, chats and their messages. */
export function chatTables(db: QueryBuilder): Compilable[] {
  return [
    db.schema
      .createTable('users')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('issuer', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('email', 'text')
      .addColumn('token_limit', 'bigint')
      .addColumn('cost_limit', 'bigint')
      .addColumn('token_cap', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('users_identity', ['issuer', 'subject']),
    db.schema
      .createTable('chats')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('owner_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('title', 'text')
      .addColumn('pinned_at', 'bigint')
      .addColumn('archived_at', 'bigint')
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('deleted_at', 'bigint')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull()),
    db.schema
      .createIndex('chats_by_owner')
      .on('chats')
      .columns(['owner_id', 'updated_at', 'id'])
      .where(sql.ref('deleted_at'), 'is', null),
    db.schema
      .createTable('messages')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
      .addColumn('parent_id', 'text', (column) => column.references('messages.id').onDelete('cascade'))
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('parts', 'text', (column) => column.notNull())
      .addColumn('generation_id', 'text')
      .addColumn('continues', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull()),
    db.schema.createIndex('messages_by_chat').on('messages').columns(['chat_id', 'id']),
    db.schema.createIndex('messages_by_parent').on('messages').columns(['parent_id']),
  ];
}
