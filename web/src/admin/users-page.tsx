import type { Me } from '@millrace/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useSearchParams } from 'wouter';
import { LoadState } from '../shell/load-state.tsx';
import { Page } from '../shell/page.tsx';
import { ShowMoreButton } from '../shell/show-more-button.tsx';
import { strings } from '../strings/en.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { usersQuery } from './admin-queries.ts';
import { AdminSections } from './admin-sections.tsx';
import { UserTable } from './user-table.tsx';

export function UsersPage({ me }: { me: Me }) {
  const { admin } = pageStrings;
  // The search is part of the address, so that the Back button returns to its results.
  const [parameters, setParameters] = useSearchParams();
  const search = parameters.get('search') ?? '';
  const users = useInfiniteQuery(usersQuery(search));
  const accounts = users.data?.pages.flatMap(({ items }) => items);

  function find(text: string) {
    setParameters(text === '' ? {} : { search: text }, { replace: true });
  }

  return (
    <Page title={strings.shell.administration}>
      <AdminSections current="/admin" />
      <div className="relative">
        <Search
          aria-hidden="true"
          className="text-muted-foreground pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2"
        />
        <input
          type="search"
          aria-label={admin.search}
          placeholder={admin.search}
          value={search}
          maxLength={200}
          onChange={(event) => find(event.target.value)}
          className="border-input bg-card placeholder:text-muted-foreground w-full rounded-lg border py-2 pr-3 pl-9 text-base sm:text-sm"
        />
      </div>
      {accounts === undefined ? (
        <LoadState error={users.error} onRetry={() => void users.refetch()} />
      ) : (
        <>
          {accounts.length === 0 ? (
            <output className="text-muted-foreground block py-4 text-center text-sm">{admin.noUsers}</output>
          ) : (
            <UserTable accounts={accounts} ownId={me.user.id} />
          )}
          <ShowMoreButton list={users} />
        </>
      )}
    </Page>
  );
}
