import { ProblemError } from '../../core/errors.ts';
import type { IdempotencyKey } from '../../ports/generation-store.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { IdempotencyRow } from '../schema.ts';
import { execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

const selectKey = prepared((db, { userId, key }: { userId: string; key: string }) =>
  db.selectFrom('idempotency_keys').selectAll().where('user_id', '=', userId).where('key', '=', key),
);

const insertKey = prepared((db, row: IdempotencyRow) => db.insertInto('idempotency_keys').values(row));

/** What the same request made before; undefined the first time. @throws ProblemError `idempotency_mismatch` */
export function* findIdempotentResult(
  db: QueryBuilder,
  userId: string,
  idempotency: IdempotencyKey | null,
): Script<string | undefined> {
  if (idempotency === null) return undefined;
  const known = yield* first(selectKey(db, { userId, key: idempotency.key }));
  if (known === undefined || known.fingerprint === idempotency.fingerprint) return known?.made;
  throw new ProblemError('idempotency_mismatch', 'This Idempotency-Key was used for another request.');
}

export function* recordIdempotentResult(
  db: QueryBuilder,
  userId: string,
  idempotency: IdempotencyKey | null,
  made: string,
  now: number,
): Script<void> {
  if (idempotency === null) return;
  yield* execute(insertKey(db, { user_id: userId, ...idempotency, made, created_at: now }));
}

export function* deleteIdempotencyKeys(db: QueryBuilder, usedBefore: number): Script<void> {
  yield* execute(db.deleteFrom('idempotency_keys').where('created_at', '<', usedBefore));
}
