import { ApiError } from '@millrace/client';
import type { Chat, Me } from '@millrace/protocol';
import { QueryCache, QueryClient, queryOptions, infiniteQueryOptions } from '@tanstack/react-query';
import { accounts } from './accounts.ts';
import { chatClient } from './chat-client.ts';

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => noticeLostSession(error) }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
    },
  },
});

const ME_KEY = ['me'];

/** Null when nobody has signed in. */
export const meQuery = queryOptions({
  queryKey: ME_KEY,
  queryFn: async ({ client, signal }) => {
    // Asked first where it isn't known, since browsers report every 401 as an error of the page.
    const known = client.getQueryData<Me | null>(ME_KEY);
    if (!known && !(await accounts.hasSession({ signal }))) return null;
    try {
      return await chatClient.me({ signal });
    } catch (error) {
      if (isUnauthenticated(error)) return null;
      throw error;
    }
  },
});

export const sessionOptionsQuery = queryOptions({
  queryKey: ['session-options'],
  queryFn: ({ signal }) => accounts.sessionOptions({ signal }),
});

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => chatClient.models({ signal }),
  staleTime: Infinity,
});

export const chatListQuery = infiniteQueryOptions({
  queryKey: ['chats'],
  queryFn: ({ pageParam, signal }) => chatClient.listChats({ cursor: pageParam, limit: 100 }, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});

export function refreshChats(): Promise<void> {
  return queryClient.invalidateQueries(chatListQuery);
}

/** Reads the list again when it has this chat otherwise than it is. */
export function noticeChat(chat: Chat): void {
  const pages = queryClient.getQueryData(chatListQuery.queryKey)?.pages ?? [];
  const listed = pages.flatMap(({ items }) => items).find(({ id }) => id === chat.id);
  if (listed && (listed.title !== chat.title || listed.pinned !== chat.pinned)) void refreshChats();
}

export function refreshMe(): void {
  void queryClient.invalidateQueries({ queryKey: ME_KEY });
}

/** A session that ended elsewhere shows the sign-in page again. */
export function noticeLostSession(error: unknown): void {
  if (isUnauthenticated(error)) refreshMe();
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'unauthenticated';
}
