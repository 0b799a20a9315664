import type { UserAccount } from '@millrace/protocol';
import { Link } from 'wouter';
import { userName } from '../shell/user.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { costText } from '../usage/cost-text.ts';
import { BudgetBar } from '../usage/budget-bar.tsx';
import { UserBadges } from './user-badges.tsx';

interface UserTableProps {
  accounts: readonly UserAccount[];
  /** The id of the signed-in user. */
  ownId: string;
}

export function UserTable({ accounts, ownId }: UserTableProps) {
  const { admin, usage } = pageStrings;
  return (
    <div className="bg-card rounded-2xl border px-4 py-2 md:px-5">
      <table className="w-full table-fixed text-sm tabular-nums">
        <thead className="text-muted-foreground border-b text-left text-xs [&_th]:py-2 [&_th]:font-medium">
          <tr>
            <th>{admin.user}</th>
            <th className="w-32 sm:w-52">{admin.used}</th>
            <th className="hidden w-24 text-right sm:table-cell">{usage.cost}</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {accounts.map(({ user, budget }) => (
            <tr key={user.id} className="align-top [&>*]:py-3">
              <th scope="row" className="pr-3 text-left font-normal">
                <Link
                  href={`/admin/users/${user.id}`}
                  className="text-primary block truncate font-medium underline-offset-4 hover:underline"
                >
                  {userName(user)}
                </Link>
                <span className="text-muted-foreground block truncate text-xs">
                  {user.email ?? `…${user.id.slice(-6)}`}
                </span>
                <div className="mt-1.5">
                  <UserBadges user={user} isSelf={user.id === ownId} />
                </div>
              </th>
              <td>
                <span className="block truncate">
                  {budget.limit === null
                    ? budget.used.toLocaleString()
                    : admin.usedOf(budget.used.toLocaleString(), budget.limit.toLocaleString())}
                </span>
                {budget.limit !== null && (
                  <BudgetBar {...budget} limit={budget.limit} className="mt-1.5 h-1.5" />
                )}
                <span className="text-muted-foreground mt-1 block text-xs sm:hidden">
                  {costText({ tokens: budget.used, costMicros: budget.cost.used })}
                </span>
              </td>
              <td className="hidden text-right sm:table-cell">
                {costText({ tokens: budget.used, costMicros: budget.cost.used })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
