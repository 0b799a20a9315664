import type { Migration } from './migration.ts';

export const epochs: Migration = {
  name: '2026-11-21-epochs',
  statements: (db) => [
    db.schema
      .alterTable('generations')
      .addColumn('epoch', 'integer', (column) => column.notNull().defaultTo(0)),
  ],
};
