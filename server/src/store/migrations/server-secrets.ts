import type { Migration } from './migration.ts';

export const serverSecrets: Migration = {
  name: '2026-11-21-server-secrets',
  // Beside a SQLite file the secret is a file too, which a copy of the database doesn't hold.
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
