import type { Compilable } from 'kysely';
import type { QueryBuilder } from '../../query-builder.ts';

/** Events of chats, images, nodes and idempotency keys. */
export function otherTables(db: QueryBuilder): Compilable[] {
  return [
    db.schema
      .createTable('chat_events')
      .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
      .addColumn('sequence', 'integer', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('chat_events_key', ['chat_id', 'sequence']),
    db.schema.createIndex('chat_events_by_age').on('chat_events').columns(['created_at']),
    db.schema
      .createTable('media_contents')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('mime_type', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('bytes', 'blob', (column) => column.notNull()),
    db.schema
      .createTable('media')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('hash', 'text', (column) => column.notNull().references('media_contents.hash'))
      .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
      .addColumn('generation_id', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull()),
    db.schema.createIndex('media_by_chat').on('media').columns(['chat_id']),
    db.schema.createIndex('media_by_contents').on('media').columns(['hash']),
    db.schema.createIndex('media_by_age').on('media').columns(['created_at']),
    db.schema
      .createTable('nodes')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('renewals', 'integer', (column) => column.notNull())
      .addColumn('process', 'text', (column) => column.notNull()),
    db.schema
      .createTable('idempotency_keys')
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('made', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('idempotency_key', ['user_id', 'key']),
    db.schema.createIndex('idempotency_by_age').on('idempotency_keys').columns(['created_at']),
  ];
}
