import type { Migration } from './migration.ts';

export const importedMessages: Migration = {
  name: '2026-11-21-imported-messages',
  statements: (db) => [db.schema.alterTable('messages').addColumn('imported', 'text')],
};
