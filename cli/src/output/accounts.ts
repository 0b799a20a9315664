import type { AccountLimit, UserAccount } from '@millrace/protocol';
import { cell, table } from './table.ts';

export function listAccounts(accounts: readonly UserAccount[]): string {
  return table(
    accounts.map(({ user, budget }) => [
      user.id,
      user.kind,
      user.roles.join(','),
      budget.limit === null ? `${budget.used} tokens, no limit` : `${budget.used} of ${budget.limit} tokens`,
      cell(user.name),
      cell(user.email),
    ]),
  );
}

export function describeAccount({ user, budget, limits }: UserAccount): string {
  const { cost } = budget;
  return table([
    ['id', user.id],
    ['name', cell(user.name)],
    ['email', cell(user.email)],
    ['kind', user.kind],
    ['role', user.roles.join(', ')],
    ['since', user.createdAt],
    [
      'tokens',
      `${budget.used} used, ${budget.reserved} reserved, limit ${budget.limit ?? 'none'}${mark(limits.tokens)}`,
    ],
    ['granted', `${budget.granted} tokens, ${dollars(cost.granted)}`],
    ['cost', `${dollars(cost.used)} used, limit ${dollars(cost.limit)}${mark(limits.costMicros)}`],
    ['resets', budget.resetsAt],
  ]);
}

/** Marks a limit that was set for this user. */
function mark(limit: AccountLimit): string {
  return limit === 'default' ? '' : ' (set for this user)';
}

function dollars(costMicros: number | null): string {
  return costMicros === null
    ? 'none'
    : `$${(costMicros / 1e6).toFixed(6).replace(/(\.\d\d)(\d*?)0*$/, '$1$2')}`;
}
