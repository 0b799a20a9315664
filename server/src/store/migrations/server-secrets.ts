import type { Migration } from './migration.ts';

export const serverSecrets: Migration = {
  name: '2026-11-21-server-secrets',
  // With SQLite the secret is a file beside the database, so that a copy of the database doesn't contain it.
  statements: (db) =>
    db.isPostgres
      ? [
          db.schema
            .createTable('server_secrets')
            .addColumn('name', 'text', (column) => column.primaryKey())
            .addColumn('value', 'text', (column) => column.notNull()),
        ]
      : [],
};
