import type { UserAccount } from '@millrace/protocol';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { administration } from '../server/administration.ts';
import { queryClient, refreshMe } from '../server/queries.ts';

const PAGE_SIZE = 50;

const usersKey = ['admin', 'users'];
const userKey = (userId: string) => ['admin', 'user', userId];
const auditKey = ['admin', 'audit'];

export function usersQuery(search: string) {
  return infiniteQueryOptions({
    queryKey: [...usersKey, search],
    queryFn: ({ pageParam, signal }) =>
      administration.listUsers({ cursor: pageParam, limit: PAGE_SIZE, search }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    // The old list stays visible while a new search loads.
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

export function userQuery(userId: string) {
  return queryOptions({
    queryKey: userKey(userId),
    queryFn: ({ signal }) => administration.getUser(userId, { signal }),
    staleTime: 0,
  });
}

export function userUsageQuery(userId: string) {
  return queryOptions({
    queryKey: [...userKey(userId), 'usage'],
    queryFn: ({ signal }) => administration.userUsage(userId, { signal }),
    staleTime: 0,
  });
}

export const auditQuery = infiniteQueryOptions({
  queryKey: auditKey,
  queryFn: ({ pageParam, signal }) =>
    administration.listAudit({ cursor: pageParam, limit: PAGE_SIZE }, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
  staleTime: 0,
});

export const ratingsQuery = queryOptions({
  queryKey: ['admin', 'ratings'],
  queryFn: ({ signal }) => administration.ratings({ signal }),
  staleTime: 0,
});

/** Caches a changed account, and reloads what depends on it. It may be the signed-in user's own. */
export function cacheAccount(account: UserAccount): void {
  queryClient.setQueryData(userKey(account.user.id), account);
  void queryClient.invalidateQueries({ queryKey: userUsageQuery(account.user.id).queryKey });
  refreshMe();
}

export function removeCachedUser(userId: string): void {
  queryClient.removeQueries({ queryKey: userKey(userId) });
  void queryClient.invalidateQueries({ queryKey: usersKey });
  refreshMe();
}
