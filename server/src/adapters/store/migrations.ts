import { sql } from 'kysely';
import type { Compilable } from 'kysely';
import type { QueryBuilder } from './query-builder.ts';
import { all, execute, first } from './script.ts';
import type { Script } from './script.ts';
import { indexAll } from './search-index.ts';

interface Migration {
  name: string;
  statements(db: QueryBuilder): Compilable[];
  /** What is to be done with the rows there are. */
  fill?(db: QueryBuilder): Script<void>;
}

/** In order. One that has been released is never changed; a change is a new one. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: '2026-11-21-first-tables',
    statements: (db) => [
      db.schema
        .createTable('users')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('issuer', 'text', (column) => column.notNull())
        .addColumn('subject', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('email', 'text')
        .addColumn('token_limit', 'bigint')
        .addColumn('cost_limit', 'bigint')
        .addColumn('token_cap', 'bigint')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('seen_at', 'bigint', (column) => column.notNull())
        .addUniqueConstraint('users_identity', ['issuer', 'subject']),
      db.schema
        .createTable('chats')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('owner_id', 'text', (column) =>
          column.notNull().references('users.id').onDelete('cascade'),
        )
        .addColumn('title', 'text')
        .addColumn('pinned_at', 'bigint')
        .addColumn('archived_at', 'bigint')
        .addColumn('settings', 'text', (column) => column.notNull())
        .addColumn('deleted_at', 'bigint')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull()),
      db.schema
        .createIndex('chats_by_owner')
        .on('chats')
        .columns(['owner_id', 'updated_at', 'id'])
        .where(sql.ref('deleted_at'), 'is', null),
      db.schema
        .createTable('messages')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
        .addColumn('parent_id', 'text', (column) => column.references('messages.id').onDelete('cascade'))
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('parts', 'text', (column) => column.notNull())
        .addColumn('generation_id', 'text')
        .addColumn('continues', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull()),
      db.schema.createIndex('messages_by_chat').on('messages').columns(['chat_id', 'id']),
      db.schema.createIndex('messages_by_parent').on('messages').columns(['parent_id']),
      db.schema
        .createTable('generations')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
        .addColumn('message_id', 'text', (column) =>
          column.notNull().unique().references('messages.id').onDelete('cascade'),
        )
        .addColumn('user_id', 'text', (column) => column.notNull())
        .addColumn('user_message_id', 'text')
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('node_id', 'text', (column) => column.notNull())
        .addColumn('stop_requested_at', 'bigint')
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('prompt_estimate', 'integer', (column) => column.notNull())
        .addColumn('question_key', 'text')
        .addColumn('cached_from', 'text')
        .addColumn('finish_reason', 'text')
        .addColumn('signed', 'text')
        .addColumn('usage', 'text')
        .addColumn('tokens_used', 'bigint')
        .addColumn('micros', 'bigint')
        .addColumn('counted', 'text')
        .addColumn('error', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('ended_at', 'bigint')
        .addColumn('last_sequence', 'integer'),
      db.schema.createIndex('generations_by_chat').on('generations').columns(['chat_id']),
      db.schema
        .createIndex('generations_unfinished')
        .on('generations')
        .columns(['id'])
        .where(sql.ref('last_sequence'), 'is', null),
      db.schema
        .createIndex('generations_running')
        .on('generations')
        .columns(['user_id'])
        .where(sql.ref('status'), '=', 'running'),
      db.schema
        .createIndex('generations_by_question')
        .on('generations')
        .columns(['question_key', 'ended_at'])
        .where(sql.ref('question_key'), 'is not', null),
      db.schema.createIndex('generations_by_end').on('generations').columns(['ended_at']),
      // No foreign keys: what was booked stays when user and chat are gone.
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
      db.schema
        .createTable('chat_events')
        .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
        .addColumn('sequence', 'integer', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('data', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addUniqueConstraint('chat_events_key', ['chat_id', 'sequence']),
      db.schema.createIndex('chat_events_by_age').on('chat_events').columns(['created_at']),
      db.schema
        .createTable('media_contents')
        .addColumn('hash', 'text', (column) => column.primaryKey())
        .addColumn('mime_type', 'text', (column) => column.notNull())
        .addColumn('size', 'bigint', (column) => column.notNull())
        .addColumn('bytes', 'blob', (column) => column.notNull()),
      db.schema
        .createTable('media')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('hash', 'text', (column) => column.notNull().references('media_contents.hash'))
        .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
        .addColumn('generation_id', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull()),
      db.schema.createIndex('media_by_chat').on('media').columns(['chat_id']),
      db.schema.createIndex('media_by_contents').on('media').columns(['hash']),
      db.schema.createIndex('media_by_age').on('media').columns(['created_at']),
      db.schema
        .createTable('nodes')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('renewals', 'integer', (column) => column.notNull())
        .addColumn('process', 'text', (column) => column.notNull()),
      db.schema
        .createTable('idempotency_keys')
        .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('fingerprint', 'text', (column) => column.notNull())
        .addColumn('made', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('idempotency_key', ['user_id', 'key']),
      db.schema.createIndex('idempotency_by_age').on('idempotency_keys').columns(['created_at']),
      db.schema
        .createTable('event_journal')
        .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('writer', 'bigint', (column) => column.notNull())
        .addColumn('generation_id', 'text', (column) => column.notNull())
        .addColumn('sequence', 'integer', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('data', 'text', (column) => column.notNull()),
      db.schema
        .createTable('event_segments')
        .addColumn('generation_id', 'text', (column) => column.notNull())
        .addColumn('first_sequence', 'integer', (column) => column.notNull())
        .addColumn('last_sequence', 'integer', (column) => column.notNull())
        .addColumn('events', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('event_segments_key', ['generation_id', 'last_sequence']),
      // For whoever looks at the database; an event may be in both.
      db.schema.createView('events').as(
        db
          .selectFrom(['event_segments', sql<{ key: number; value: string }>`json_each(events)`.as('event')])
          .select([
            'generation_id',
            sql`first_sequence + event.key`.as('sequence'),
            sql`event.value ->> 0`.as('name'),
            sql`event.value -> 1`.as('data'),
          ])
          .union(db.selectFrom('event_journal').select(['generation_id', 'sequence', 'name', 'data'])),
      ),
    ],
  },
  {
    name: '2026-11-21-dialects',
    statements: (db) => [
      db.schema
        .alterTable('chats')
        .addColumn('is_support', 'integer', (column) => column.notNull().defaultTo(0)),
      db.schema
        .createIndex('chats_for_support')
        .on('chats')
        .columns(['owner_id', 'id'])
        .where(sql.ref('is_support'), '=', 1),
      db.schema
        .createTable('tickets')
        .addColumn('hash', 'text', (column) => column.primaryKey())
        .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
        .addColumn('chat_id', 'text', (column) => column.references('chats.id').onDelete('cascade'))
        .addColumn('message', 'text', (column) => column.notNull())
        .addColumn('expires_at', 'bigint', (column) => column.notNull()),
      db.schema.createIndex('tickets_by_age').on('tickets').columns(['expires_at']),
    ],
  },
  {
    name: '2026-11-21-api-keys',
    statements: (db) => [
      db.schema
        .createTable('api_keys')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull().unique())
        .addColumn('start', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('last_used_at', 'bigint')
        .addColumn('expires_at', 'bigint'),
      db.schema.createIndex('api_keys_by_user').on('api_keys').columns(['user_id', 'id']),
    ],
  },
  {
    name: '2026-11-21-chats-of-other-clients',
    statements: (db) => [
      db.schema.alterTable('chats').addColumn('hidden_at', 'bigint'),
      db.schema.alterTable('chats').addColumn('external_id', 'text'),
      db.schema
        .createIndex('chats_hidden')
        .on('chats')
        .columns(['hidden_at'])
        .where(sql.ref('hidden_at'), 'is not', null),
      db.schema
        .createIndex('chats_by_external_id')
        .unique()
        .on('chats')
        .columns(['owner_id', 'external_id'])
        .where(sql.ref('external_id'), 'is not', null),
    ],
  },
  {
    name: '2026-11-21-shares',
    statements: (db) => [
      db.schema
        .createTable('shares')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
        .addColumn('hash', 'text', (column) => column.notNull().unique())
        .addColumn('title', 'text')
        .addColumn('message_count', 'integer', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('expires_at', 'bigint')
        .addColumn('messages', 'text', (column) => column.notNull()),
      db.schema.createIndex('shares_by_chat').on('shares').columns(['chat_id']),
      db.schema
        .createTable('share_media')
        .addColumn('share_id', 'text', (column) =>
          column.notNull().references('shares.id').onDelete('cascade'),
        )
        .addColumn('media_id', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull().references('media_contents.hash'))
        .addPrimaryKeyConstraint('share_media_key', ['share_id', 'media_id']),
      db.schema.createIndex('share_media_by_contents').on('share_media').columns(['hash']),
    ],
  },
  {
    name: '2026-11-21-ratings-and-first-tokens',
    statements: (db) => [
      db.schema.alterTable('generations').addColumn('first_token_ms', 'integer'),
      db.schema
        .createTable('message_ratings')
        .addColumn('message_id', 'text', (column) =>
          column.primaryKey().references('messages.id').onDelete('cascade'),
        )
        .addColumn('rating', 'text', (column) => column.notNull())
        .addColumn('note', 'text')
        .addColumn('rated_at', 'bigint', (column) => column.notNull()),
    ],
  },
  {
    name: '2026-11-21-attachments',
    statements: (db) => [
      db.schema
        .createTable('attachments')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('owner_id', 'text', (column) =>
          column.notNull().references('users.id').onDelete('cascade'),
        )
        .addColumn('chat_id', 'text', (column) => column.references('chats.id').onDelete('cascade'))
        .addColumn('hash', 'text', (column) => column.notNull().references('media_contents.hash'))
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('width', 'integer')
        .addColumn('height', 'integer')
        .addColumn('used_at', 'bigint')
        .addColumn('created_at', 'bigint', (column) => column.notNull()),
      db.schema.createIndex('attachments_by_owner').on('attachments').columns(['owner_id', 'used_at']),
      db.schema.createIndex('attachments_by_chat').on('attachments').columns(['chat_id']),
      db.schema.createIndex('attachments_by_contents').on('attachments').columns(['hash']),
      db.schema
        .createIndex('attachments_unused')
        .on('attachments')
        .columns(['created_at'])
        .where(sql.ref('used_at'), 'is', null),
    ],
  },
  {
    name: '2026-11-21-search',
    statements: (db) => [
      db.schema
        .createTable('search_entries')
        .addColumn('position', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('chat_id', 'text', (column) => column.notNull().references('chats.id').onDelete('cascade'))
        .addColumn('message_id', 'text', (column) => column.references('messages.id').onDelete('cascade')),
      db.schema
        .createIndex('search_entries_by_message')
        .unique()
        .on('search_entries')
        .columns(['chat_id', 'message_id']),
      db.schema.createIndex('search_entries_of_message').on('search_entries').columns(['message_id']),
      db.schema
        .createTable('search_shelves')
        .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
        .addColumn('shelf', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('search_shelves_key', ['user_id', 'shelf']),
      {
        compile: () =>
          sql`create virtual table search_index using fts5(shelf, title, body, content='', contentless_delete=1, prefix='2 3', tokenize='ascii')`.compile(
            db,
          ),
      },
      // Whatever removes an entry, a chat that goes with its user, say, takes its words along.
      {
        compile: () =>
          sql`create trigger search_entries_removed after delete on search_entries begin delete from search_index where rowid = old.position; end`.compile(
            db,
          ),
      },
    ],
    fill: indexAll,
  },
  {
    name: '2026-11-21-imported-messages',
    statements: (db) => [db.schema.alterTable('messages').addColumn('imported', 'text')],
  },
];

/** Of all there are, in order. */
export function migrationNames(): string[] {
  return MIGRATIONS.map(({ name }) => name);
}

/** What `migrate` would apply. Changes nothing. */
export function* pendingMigrations(db: QueryBuilder): Script<string[]> {
  const table = yield* first(
    db
      .selectFrom(sql<{ name: string }>`sqlite_master`.as('made'))
      .select('name')
      .where('name', '=', 'migrations'),
  );
  if (table === undefined) return migrationNames();
  return (yield* missingMigrations(db)).map(({ name }) => name);
}

/** Brings the tables to the newest shape. @returns the names of the migrations it applied */
export function* migrate(db: QueryBuilder, now: number): Script<string[]> {
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
