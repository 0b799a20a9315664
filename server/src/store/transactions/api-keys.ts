import type { ApiKey } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type { KnownKey } from '../../ports/key-store.ts';
import { lockUser } from '../locks.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toTimestamp, toUser } from '../rows.ts';
import type { ApiKeyRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

const selectByHash = prepared((db, { hash }: { hash: string }) =>
  db
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .selectAll('users')
    .select(['api_keys.id as key_id', 'api_keys.expires_at', 'api_keys.last_used_at'])
    .where('api_keys.hash', '=', hash),
);

export function* createKey(db: QueryBuilder, key: ApiKeyRow, maxKeys: number): Script<ApiKey> {
  yield* lockUser(db, key.user_id);
  const known = yield* first(
    db
      .selectFrom('api_keys')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('user_id', '=', key.user_id),
  );
  if ((known?.count ?? 0) >= maxKeys) {
    throw new ProblemError('forbidden', `You have as many keys as you may (${maxKeys}). Revoke one first.`);
  }
  yield* execute(db.insertInto('api_keys').values(key));
  return toApiKey(key);
}

export function* listKeys(db: QueryBuilder, userId: string): Script<ApiKey[]> {
  const rows = yield* all(db.selectFrom('api_keys').selectAll().where('user_id', '=', userId).orderBy('id'));
  return rows.map(toApiKey);
}

export function* revokeKey(db: QueryBuilder, userId: string, keyId: string): Script<void> {
  const revoked = yield* first(
    db.deleteFrom('api_keys').where('id', '=', keyId).where('user_id', '=', userId).returning('id'),
  );
  if (revoked === undefined) throw new ProblemError('not_found', 'There is no such key.');
}

export function* findKey(db: QueryBuilder, hash: string): Script<KnownKey | null> {
  const row = yield* first(selectByHash(db, { hash }));
  if (row === undefined) return null;
  return { id: row.key_id, user: toUser(row), expiresAt: row.expires_at, lastUsedAt: row.last_used_at };
}

export function* recordKeyUse(db: QueryBuilder, keyId: string, now: number): Script<void> {
  yield* execute(db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', keyId));
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    createdAt: toTimestamp(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : toTimestamp(row.last_used_at),
    expiresAt: row.expires_at === null ? null : toTimestamp(row.expires_at),
  };
}
