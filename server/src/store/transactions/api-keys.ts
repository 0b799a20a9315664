import type { ApiKey, User } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import { lockUser } from '../locks.ts';
import { prepared } from '../prepared.ts';
import { toTimestamp, toUser } from '../rows.ts';
import type { ApiKeyRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/** The law: users see and revoke only their own keys, and a key is deleted with its user. */

export interface NewKey {
  name: string;
  /** SHA-256 in hexadecimal digits. The key itself isn't stored. */
  hash: string;
  /** The first characters of the key. */
  prefix: string;
  /** When the key expires (ms); null for never. */
  expiresAt: number | null;
}

export interface KnownKey {
  id: string;
  user: User;
  /** In ms; null for never. */
  expiresAt: number | null;
  lastUsedAt: number | null;
}

const selectByHash = prepared((db, { hash }: { hash: string }) =>
  db
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .selectAll('users')
    .select(['api_keys.id as key_id', 'api_keys.expires_at', 'api_keys.last_used_at'])
    .where('api_keys.hash', '=', hash),
);

/** @param maxKeys how many keys the user may have, including this one @throws ProblemError `forbidden` */
export function* createKey(
  tx: TransactionContext,
  userId: string,
  { name, hash, prefix, expiresAt }: NewKey,
  maxKeys: number,
): Transaction<ApiKey> {
  yield* lockUser(tx, userId);
  const known = yield* first(
    tx.db
      .selectFrom('api_keys')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('user_id', '=', userId),
  );
  if ((known?.count ?? 0) >= maxKeys) {
    throw new ProblemError(
      'forbidden',
      `You already have ${maxKeys} API keys, the maximum. Revoke one first.`,
    );
  }
  const row: ApiKeyRow = {
    id: tx.ids.uuid(),
    user_id: userId,
    name,
    hash,
    prefix,
    created_at: tx.now,
    last_used_at: null,
    expires_at: expiresAt,
  };
  yield* execute(tx.db.insertInto('api_keys').values(row));
  return toApiKey(row);
}

/** Lists the keys of a user, oldest first. */
export function* listKeys(tx: TransactionContext, userId: string): Transaction<ApiKey[]> {
  const rows = yield* all(
    tx.db.selectFrom('api_keys').selectAll().where('user_id', '=', userId).orderBy('id'),
  );
  return rows.map(toApiKey);
}

/** @throws ProblemError `not_found` */
export function* revokeKey(tx: TransactionContext, userId: string, keyId: string): Transaction<void> {
  const revoked = yield* first(
    tx.db.deleteFrom('api_keys').where('id', '=', keyId).where('user_id', '=', userId).returning('id'),
  );
  if (revoked === undefined) throw new ProblemError('not_found', 'There is no such key.');
}

/** Finds a key by its hash, expired or not. @returns null when there is none */
export function* findKey(tx: TransactionContext, hash: string): Transaction<KnownKey | null> {
  const row = yield* first(selectByHash(tx.db, { hash }));
  if (row === undefined) return null;
  return { id: row.key_id, user: toUser(row), expiresAt: row.expires_at, lastUsedAt: row.last_used_at };
}

export function* recordKeyUse(tx: TransactionContext, keyId: string): Transaction<void> {
  yield* execute(tx.db.updateTable('api_keys').set({ last_used_at: tx.now }).where('id', '=', keyId));
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
