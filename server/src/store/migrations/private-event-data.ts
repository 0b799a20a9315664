import type { Migration } from './migration.ts';

/** Private data of a record, as JSON: it never leaves the server. */
export const privateEventData: Migration = {
  name: '2026-11-30-private-event-data',
  statements: (db) => [db.schema.alterTable('event_journal').addColumn('private', 'text')],
};
