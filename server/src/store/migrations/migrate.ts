import { sql } from 'kysely';
import { apiKeys } from './api-keys.ts';
import { attachments } from './attachments.ts';
import { chatsOfOtherClients } from './chats-of-other-clients.ts';
import { costAndUsageSource } from './cost-and-usage-source.ts';
import { dialects } from './dialects.ts';
import { epochs } from './epochs.ts';
import { firstTables } from './first-tables.ts';
import { importedMessages } from './imported-messages.ts';
import { lockAll } from '../locks.ts';
import type { Migration } from './migration.ts';
import { privateEventData } from './private-event-data.ts';
import { quotas } from './quotas.ts';
import { ratingsAndFirstTokens } from './ratings-and-first-tokens.ts';
import { search } from './search.ts';
import { serverSecrets } from './server-secrets.ts';
import { shares } from './shares.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

/** In order. One that has been released is never changed; a change is a new one. */
const MIGRATIONS: readonly Migration[] = [
  firstTables,
  dialects,
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
];

/** Of all there are, in order. */
export function migrationNames(): string[] {
  return MIGRATIONS.map(({ name }) => name);
}

/** What `migrate` would apply. Changes nothing. */
export function* pendingMigrations(db: QueryBuilder): Script<string[]> {
  const tables = db.isPostgres
    ? sql<{ name: string }>`(select tablename as name from pg_tables where schemaname = current_schema())`
    : sql<{ name: string }>`sqlite_master`;
  const table = yield* first(
    db.selectFrom(tables.as('made')).select('name').where('name', '=', 'migrations'),
  );
  if (table === undefined) return migrationNames();
  return (yield* missingMigrations(db)).map(({ name }) => name);
}

/** Brings the tables to the newest shape. @returns the names of the migrations it applied */
export function* migrate(db: QueryBuilder, now: number): Script<string[]> {
  yield* lockAll(db, 'migrations');
  yield* execute(
    db.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at', 'bigint', (column) => column.notNull()),
  );
  const missing = yield* missingMigrations(db);
  for (const migration of missing) {
    for (const statement of migration.statements(db)) yield* execute(statement);
    if (migration.fill) yield* migration.fill(db);
    yield* execute(db.insertInto('migrations').values({ name: migration.name, applied_at: now }));
  }
  return missing.map((migration) => migration.name);
}

function* missingMigrations(db: QueryBuilder): Script<Migration[]> {
  const applied = new Set((yield* all(db.selectFrom('migrations').select('name'))).map((row) => row.name));
  return MIGRATIONS.filter((migration) => !applied.has(migration.name));
}
