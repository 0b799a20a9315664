import { sql } from 'kysely';
import type { Compilable } from 'kysely';
import type { QueryBuilder } from '../../query-builder.ts';

/** The ledger and the audit log. */
export function ledgerTables(db: QueryBuilder): Compilable[] {
  return [
    // No foreign keys, because entries stay when their user or chat is deleted.
    db.schema
      .createTable('ledger_entries')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('chat_id', 'text')
      .addColumn('generation_id', 'text')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('tokens', 'bigint', (column) => column.notNull().check(sql`tokens >= 0`))
      .addColumn('micros', 'bigint', (column) => column.notNull().check(sql`micros >= 0`))
      .addColumn('model', 'text')
      .addColumn('counted', 'text')
      .addColumn('period', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('ledger_once', ['generation_id', 'kind']),
    db.schema
      .createIndex('ledger_by_user')
      .on('ledger_entries')
      .columns(['user_id', 'period', 'kind', 'tokens']),
    db.schema
      .createTable('ledger_balances')
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('period', 'text', (column) => column.notNull())
      .addColumn('granted', 'bigint', (column) => column.notNull().check(sql`granted >= 0`))
      .addColumn('used', 'bigint', (column) => column.notNull().check(sql`used >= 0`))
      .addColumn('reserved', 'bigint', (column) => column.notNull().check(sql`reserved >= 0`))
      .addColumn('granted_micros', 'bigint', (column) => column.notNull().check(sql`granted_micros >= 0`))
      .addColumn('used_micros', 'bigint', (column) => column.notNull().check(sql`used_micros >= 0`))
      .addColumn('reserved_micros', 'bigint', (column) => column.notNull().check(sql`reserved_micros >= 0`))
      .addPrimaryKeyConstraint('ledger_balances_key', ['period', 'user_id']),
    db.schema
      .createTable('audit_log')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('actor_id', 'text')
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('subject_id', 'text', (column) => column.notNull())
      .addColumn('details', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull()),
  ];
}
