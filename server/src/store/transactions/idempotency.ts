import { ProblemError } from '../../core/errors.ts';
import { prepared } from '../prepared.ts';
import type { IdempotencyRow } from '../schema.ts';
import { execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/** Names a request, so that the server acts once on a request that is sent twice. */
export interface IdempotencyKey {
  key: string;
  /** A digest of the request. The same key with another request is refused. */
  fingerprint: string;
}

const selectKey = prepared((db, { userId, key }: { userId: string; key: string }) =>
  db.selectFrom('idempotency_keys').selectAll().where('user_id', '=', userId).where('key', '=', key),
);

const insertKey = prepared((db, row: IdempotencyRow) => db.insertInto('idempotency_keys').values(row));

/**
 * Finds the id of the chat or generation that an earlier, identical request created.
 * @returns null for the first request
 * @throws ProblemError `idempotency_mismatch` when the key was used for another request
 */
export function* findIdempotentResult(
  tx: TransactionContext,
  userId: string,
  idempotency: IdempotencyKey | null,
): Transaction<string | null> {
  if (idempotency === null) return null;
  const known = yield* first(selectKey(tx.db, { userId, key: idempotency.key }));
  if (known === undefined) return null;
  if (known.fingerprint === idempotency.fingerprint) return known.made;
  throw new ProblemError('idempotency_mismatch', 'This Idempotency-Key was used for another request.');
}

/** @param createdId the id of the chat or generation that the request created */
export function* recordIdempotentResult(
  tx: TransactionContext,
  userId: string,
  idempotency: IdempotencyKey | null,
  createdId: string,
): Transaction<void> {
  if (idempotency === null) return;
  yield* execute(insertKey(tx.db, { user_id: userId, ...idempotency, made: createdId, created_at: tx.now }));
}

/** Deletes keys used before an instant (ms). They may then be used again. */
export function* deleteIdempotencyKeys(tx: TransactionContext, usedBefore: number): Transaction<void> {
  yield* execute(tx.db.deleteFrom('idempotency_keys').where('created_at', '<', usedBefore));
}
