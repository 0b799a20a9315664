import type { AccountLimit, UserAccount } from '@millrace/protocol';
import { cell, table } from './table.ts';

export function listAccounts(accounts: readonly UserAccount[]): string {
  return table(
    accounts.map(({ user, budget }) => [
      user.id,
      user.kind,
      user.roles.join(','),
      `${budget.used} of ${budget.limit ?? 'any number of'} tokens`,
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
    ['address', cell(user.email)],
    ['kind', user.kind],
    ['role', user.roles.join(', ')],
    ['since', user.createdAt],
    [
      'tokens',
      `${budget.used} used, ${budget.reserved} reserved, limit ${budget.limit ?? 'none'}${own(limits.tokens)}`,
    ],
    ['granted', `${budget.granted} tokens, ${dollars(cost.granted)}`],
    ['cost', `${dollars(cost.used)} used, limit ${dollars(cost.limit)}${own(limits.costMicros)}`],
    ['until', budget.resetsAt],
  ]);
}

/** Whether a limit was set for this user. */
function own(limit: AccountLimit): string {
  return limit === 'default' ? '' : ' (their own)';
}

function dollars(costMicros: number | null): string {
  return costMicros === null
    ? 'none'
    : `$${(costMicros / 1e6).toFixed(6).replace(/(\.\d\d)(\d*?)0*$/, '$1$2')}`;
}
