import type { User } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toOwnLimits } from '../own-limits.ts';
import type { OwnLimits } from '../own-limits.ts';
import { toBalance, toUser } from '../rows.ts';
import type { UserRow } from '../schema.ts';
import { first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { periodOf } from './ledger.ts';
import type { Balance } from './ledger.ts';

/** Everything that decides the budget of one user. */
export interface Account {
  user: User;
  limits: OwnLimits;
  balance: Balance;
}

/** Selects users with their balances of a month. A user without a balance gets null columns. */
export function selectAccounts(db: QueryBuilder, period: string) {
  return db
    .selectFrom('users')
    .leftJoin('ledger_balances as balance', (join) =>
      join.onRef('balance.user_id', '=', 'users.id').on('balance.period', '=', period),
    )
    .selectAll('users')
    .select([
      'balance.granted',
      'balance.used',
      'balance.reserved',
      'balance.granted_micros',
      'balance.used_micros',
      'balance.reserved_micros',
    ]);
}

const selectAccount = prepared((db, { userId, period }: { userId: string; period: string }) =>
  selectAccounts(db, period).where('users.id', '=', userId),
);

/** Finds the account of a user in the current month. @throws ProblemError `not_found` */
export function* findAccount(tx: TransactionContext, userId: string): Transaction<Account> {
  const account = yield* findAccountInPeriod(tx, userId, periodOf(tx.now));
  if (account === null) throw new ProblemError('not_found', 'There is no such user.');
  return account;
}

/** @returns null when the user has been deleted */
export function* findAccountInPeriod(
  tx: TransactionContext,
  userId: string,
  period: string,
): Transaction<Account | null> {
  const row = yield* first(selectAccount(tx.db, { userId, period }));
  return row === undefined ? null : toAccount(row);
}

export function toAccount(row: UserRow & Parameters<typeof toBalance>[0]): Account {
  return { user: toUser(row), limits: toOwnLimits(row), balance: toBalance(row) };
}
