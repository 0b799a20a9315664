import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const quotas: Migration = {
  name: '2026-11-21-quotas',
  // Nodes that share a SQLite file count in memory, each for itself.
  statements: (db) =>
    db.isPostgres
      ? [
          db.schema
            .createTable('quota_counts')
            // A crash of the database loses the counts of one window at most.
            .modifyFront(sql`unlogged`)
            .addColumn('key', 'text', (column) => column.primaryKey())
            .addColumn('points', 'integer', (column) => column.notNull())
            .addColumn('requests', sql`text[]`, (column) => column.notNull())
            .addColumn('ends_at', 'timestamptz', (column) => column.notNull()),
        ]
      : [],
};
