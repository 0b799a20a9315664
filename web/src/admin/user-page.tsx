import type { Me } from '@millrace/protocol';
import { useQuery } from '@tanstack/react-query';
import { isNotFound } from '../server/is-not-found.ts';
import { LoadState } from '../shell/load-state.tsx';
import { NotFound } from '../shell/not-found.tsx';
import { Page } from '../shell/page.tsx';
import { userName } from '../shell/user.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { BudgetCards } from '../usage/budget-cards.tsx';
import { userQuery } from './admin-queries.ts';
import { AdminSections } from './admin-sections.tsx';
import { GrantForm } from './grant-form.tsx';
import { LimitsForm } from './limits-form.tsx';
import { RoleAndAccount } from './role-and-account.tsx';
import { UserIdentity } from './user-identity.tsx';
import { UserUsage } from './user-usage.tsx';

export function UserPage({ userId, me }: { userId: string; me: Me }) {
  const query = useQuery(userQuery(userId));
  const account = query.data;

  if (isNotFound(query.error, 'userId')) return <NotFound what="page" />;
  return (
    <Page title={account ? userName(account.user) : pageStrings.admin.user}>
      <AdminSections current="/admin" isSubpage />
      {account ? (
        <>
          <UserIdentity user={account.user} isSelf={account.user.id === me.user.id} />
          <BudgetCards budget={account.budget} />
          <div className="grid gap-5 md:grid-cols-2">
            <LimitsForm userId={account.user.id} limits={account.limits} />
            <GrantForm userId={account.user.id} />
          </div>
          <UserUsage userId={account.user.id} />
          <RoleAndAccount user={account.user} />
        </>
      ) : (
        <LoadState error={query.error} onRetry={() => void query.refetch()} />
      )}
    </Page>
  );
}
