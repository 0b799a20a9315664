import { sql } from 'kysely';
import { execute } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import type { Migration } from './migration.ts';

/** Renames columns and stored values to the names that protocol 2 uses. */
export const costAndUsageSource: Migration = {
  name: '2026-11-30-cost-and-usage-source',
  statements: (db) => [
    ...(['generations', 'ledger_entries'] as const).flatMap((table) => [
      db.schema.alterTable(table).renameColumn('micros', 'cost_micros'),
      db.schema.alterTable(table).renameColumn('counted', 'usage_source'),
    ]),
    db.schema.alterTable('api_keys').renameColumn('start', 'prefix'),
  ],
  fill: renameValues,
};

function* renameValues(tx: Pick<TransactionContext, 'db'>): Transaction<void> {
  for (const table of ['generations', 'ledger_entries'] as const) {
    yield* execute(
      tx.db
        .updateTable(table)
        .set({
          usage_source: sql`case usage_source when 'counted' then 'tokenizer' when 'estimated' then 'estimate' else usage_source end`,
        })
        .where('usage_source', 'is not', null),
    );
  }
  yield* execute(
    tx.db.updateTable('audit_log').set({ details: sql`replace(details, '"micros":', '"costMicros":')` }),
  );
}
