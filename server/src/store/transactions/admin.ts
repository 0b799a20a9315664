import type { Page, Role } from '@millrace/protocol';
import { sql } from 'kysely';
import { ProblemError } from '../../core/errors.ts';
import { lockShared, lockUser } from '../locks.ts';
import { toPage } from '../pages.ts';
import type { PageQuery } from '../pages.ts';
import { fromLimit } from '../own-limits.ts';
import type { AccountLimit } from '../own-limits.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { findAccount, selectAccounts, toAccount } from './accounts.ts';
import type { Account } from './accounts.ts';
import { recordAction } from './audit-log.ts';
import { listRunning } from './generations.ts';
import { bookGrant, periodOf } from './ledger.ts';
import type { Amount } from './ledger.ts';
import { removeUnusedContents } from './media.ts';

/**
 * What administrators do to users. Each action has an entry in the audit log of the same transaction. The actor is null for the
 * operator of the server.
 */

/** Absent limits are not changed. */
export interface NewLimits {
  tokens?: AccountLimit | undefined;
  costMicros?: AccountLimit | undefined;
}

/** Lists users by their ids, oldest first. `search` matches a part of the name or email address. */
export function* listAccounts(
  tx: TransactionContext,
  { search, cursor, limit }: PageQuery & { search?: string | undefined },
): Transaction<Page<Account>> {
  let query = selectAccounts(tx.db, periodOf(tx.now))
    .orderBy('users.id')
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where('users.id', '>', cursor);
  if (search !== undefined && search !== '') {
    // Both ignore case.
    const like = sql.raw(tx.db.isPostgres ? 'ilike' : 'like');
    const pattern = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    query = query.where(
      sql<boolean>`(name ${like} ${pattern} escape '\\' or email ${like} ${pattern} escape '\\')`,
    );
  }
  return toPage(yield* all(query), limit, toAccount, (row) => row.id);
}

/** @throws ProblemError `not_found` */
export function* setLimits(
  tx: TransactionContext,
  actorId: string | null,
  userId: string,
  { tokens, costMicros }: NewLimits,
): Transaction<Account> {
  const { limits: before } = yield* findAccount(tx, userId);
  yield* execute(
    tx.db
      .updateTable('users')
      .set({
        token_limit: fromLimit(tokens ?? before.tokens),
        cost_limit: fromLimit(costMicros ?? before.costMicros),
      })
      .where('id', '=', userId),
  );
  const account = yield* findAccount(tx, userId);
  const details = { before, after: account.limits };
  yield* recordAction(tx, { actorId, action: 'limits', subjectId: userId, details });
  return account;
}

/** @throws ProblemError `not_found`, `invalid_request` for the only administrator */
export function* setRole(
  tx: TransactionContext,
  actorId: string | null,
  userId: string,
  role: Role,
): Transaction<Account> {
  yield* lockShared(tx, 'administrators');
  const { user } = yield* findAccount(tx, userId);
  if (role !== 'admin') yield* requireAnotherAdministrator(tx, userId);
  yield* execute(tx.db.updateTable('users').set({ role }).where('id', '=', userId));
  const details = { before: user.roles[0], after: role };
  yield* recordAction(tx, { actorId, action: 'role', subjectId: userId, details });
  return yield* findAccount(tx, userId);
}

/** Adds to the budget of a user for the current month. @throws ProblemError `not_found` */
export function* grant(
  tx: TransactionContext,
  actorId: string | null,
  userId: string,
  amount: Amount,
  note: string,
): Transaction<Account> {
  yield* findAccount(tx, userId);
  yield* bookGrant(tx, amount, userId);
  yield* recordAction(tx, { actorId, action: 'grant', subjectId: userId, details: { ...amount, note } });
  return yield* findAccount(tx, userId);
}

/**
 * Deletes a user with everything but the ledger, which contains ids only. A user with running generations is not deleted.
 * @returns the identity of the user, and the ids of the running generations
 * @throws ProblemError `not_found`, `invalid_request` for the only administrator
 */
export function* deleteUser(
  tx: TransactionContext,
  actorId: string | null,
  userId: string,
): Transaction<{ issuer: string; subject: string; running: string[] }> {
  yield* lockUser(tx, userId);
  yield* lockShared(tx, 'administrators');
  const user = yield* first(tx.db.selectFrom('users').selectAll().where('id', '=', userId));
  if (user === undefined) throw new ProblemError('not_found', 'There is no such user.');
  const { issuer, subject, kind, created_at: createdAt } = user;
  yield* requireAnotherAdministrator(tx, userId);
  const running = yield* listRunning(tx, 'user_id', userId);
  if (running.length > 0) return { issuer, subject, running };
  yield* execute(tx.db.deleteFrom('users').where('id', '=', userId));
  yield* removeUnusedContents(tx);
  yield* recordAction(tx, {
    actorId,
    action: 'user_deleted',
    subjectId: userId,
    details: { kind, createdAt },
  });
  return { issuer, subject, running: [] };
}

/** A server without an administrator could never get one again. @throws ProblemError `invalid_request` */
function* requireAnotherAdministrator(tx: TransactionContext, exceptId: string): Transaction<void> {
  const administrators = yield* all(tx.db.selectFrom('users').select('id').where('role', '=', 'admin'));
  if (administrators.some(({ id }) => id === exceptId) && administrators.length === 1) {
    throw new ProblemError(
      'invalid_request',
      'This is the only administrator. Make another user an administrator first.',
    );
  }
}
