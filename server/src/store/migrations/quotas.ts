import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const quotas: Migration = {
  name: '2026-11-21-quotas',
  // Nodes that share a SQLite file each count by themselves.
  statements: (db) =>
    db.isPostgres
      ? [
          db.schema
            .createTable('quota_counts')
            // What a crash of the database loses is at most a window.
            .modifyFront(sql`unlogged`)
            .addColumn('key', 'text', (column) => column.primaryKey())
            .addColumn('points', 'integer', (column) => column.notNull())
            .addColumn('requests', sql`text[]`, (column) => column.notNull())
            .addColumn('ends_at', 'timestamptz', (column) => column.notNull()),
        ]
      : [],
};
