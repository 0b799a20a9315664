import { sql } from 'kysely';
import { apiKeys } from './api-keys.ts';
import { attachments } from './attachments.ts';
import { chatsOfOtherClients } from './chats-of-other-clients.ts';
import { costAndUsageSource } from './cost-and-usage-source.ts';
import { supportChatsAndTickets } from './support-chats-and-tickets.ts';
import { epochs } from './epochs.ts';
import { firstTables } from './first-tables.ts';
import { importedMessages } from './imported-messages.ts';
import { lockShared } from '../locks.ts';
import type { Migration } from './migration.ts';
import { privateEventData } from './private-event-data.ts';
import { pruneOldEvents } from './prune-old-events.ts';
import { quotas } from './quotas.ts';
import { ratingsAndFirstTokens } from './ratings-and-first-tokens.ts';
import { search } from './search.ts';
import { serverSecrets } from './server-secrets.ts';
import { shares } from './shares.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/** In the order in which they are applied. A released migration never changes; add a new one instead. */
const MIGRATIONS: readonly Migration[] = [
  firstTables,
  supportChatsAndTickets,
  apiKeys,
  chatsOfOtherClients,
  shares,
  ratingsAndFirstTokens,
  attachments,
  search,
  importedMessages,
  epochs,
  quotas,
  serverSecrets,
  costAndUsageSource,
  privateEventData,
  pruneOldEvents,
];

/** The names of all migrations, in order. */
export function migrationNames(): string[] {
  return MIGRATIONS.map(({ name }) => name);
}

/** The names of the migrations that `migrate` would apply. Changes nothing. */
export function* pendingMigrations(tx: Pick<TransactionContext, 'db'>): Transaction<string[]> {
  const tables = tx.db.isPostgres
    ? sql<{ name: string }>`(select tablename as name from pg_tables where schemaname = current_schema())`
    : sql<{ name: string }>`sqlite_master`;
  const table = yield* first(
    tx.db.selectFrom(tables.as('existing')).select('name').where('name', '=', 'migrations'),
  );
  if (table === undefined) return migrationNames();
  return (yield* missingMigrations(tx)).map(({ name }) => name);
}

/** Applies the missing migrations. @returns their names */
export function* migrate(tx: Pick<TransactionContext, 'db' | 'now'>): Transaction<string[]> {
  yield* lockShared(tx, 'migrations');
  yield* execute(
    tx.db.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at', 'bigint', (column) => column.notNull()),
  );
  const missing = yield* missingMigrations(tx);
  for (const migration of missing) {
    for (const statement of migration.statements(tx.db)) yield* execute(statement);
    if (migration.fill) yield* migration.fill(tx);
    yield* execute(tx.db.insertInto('migrations').values({ name: migration.name, applied_at: tx.now }));
  }
  return missing.map((migration) => migration.name);
}

function* missingMigrations(tx: Pick<TransactionContext, 'db'>): Transaction<Migration[]> {
  const applied = new Set((yield* all(tx.db.selectFrom('migrations').select('name'))).map((row) => row.name));
  return MIGRATIONS.filter((migration) => !applied.has(migration.name));
}
