import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const chatsOfOtherClients: Migration = {
  name: '2026-11-21-chats-of-other-clients',
  statements: (db) => [
    db.schema.alterTable('chats').addColumn('hidden_at', 'bigint'),
    db.schema.alterTable('chats').addColumn('external_id', 'text'),
    db.schema
      .createIndex('chats_hidden')
      .on('chats')
      .columns(['hidden_at'])
      .where(sql.ref('hidden_at'), 'is not', null),
    db.schema
      .createIndex('chats_by_external_id')
      .unique()
      .on('chats')
      .columns(['owner_id', 'external_id'])
      .where(sql.ref('external_id'), 'is not', null),
  ],
};
