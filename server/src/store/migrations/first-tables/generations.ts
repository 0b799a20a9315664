import { sql } from 'kysely';
import type { Compilable } from 'kysely';
import type { QueryBuilder } from '../../query-builder.ts';

/** Generations of replies, summaries and titles. */
export function generationTables(db: QueryBuilder): Compilable[] {
  return [
    db.schema
      .createTable('generations')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
      .addColumn('message_id', 'text', (column) =>
        column.notNull().unique().references('messages.id').onDelete('cascade'),
      )
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('user_message_id', 'text')
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('node_id', 'text', (column) => column.notNull())
      .addColumn('stop_requested_at', 'bigint')
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('prompt_estimate', 'integer', (column) => column.notNull())
      .addColumn('question_key', 'text')
      .addColumn('cached_from', 'text')
      .addColumn('finish_reason', 'text')
      .addColumn('signed', 'text')
      .addColumn('usage', 'text')
      .addColumn('tokens_used', 'bigint')
      .addColumn('micros', 'bigint')
      .addColumn('counted', 'text')
      .addColumn('error', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('ended_at', 'bigint')
      .addColumn('last_sequence', 'integer'),
    db.schema.createIndex('generations_by_chat').on('generations').columns(['chat_id']),
    db.schema
      .createIndex('generations_unfinished')
      .on('generations')
      .columns(['id'])
      .where(sql.ref('last_sequence'), 'is', null),
    db.schema
      .createIndex('generations_running')
      .on('generations')
      .columns(['user_id'])
      .where(sql.ref('status'), '=', 'running'),
    db.schema
      .createIndex('generations_by_question')
      .on('generations')
      .columns(['question_key', 'ended_at'])
      .where(sql.ref('question_key'), 'is not', null),
    db.schema.createIndex('generations_by_end').on('generations').columns(['ended_at']),
  ];
}
