import { ApiError } from '@millrace/client';
import type { Chat, Me } from '@millrace/protocol';
import { QueryCache, QueryClient, queryOptions, infiniteQueryOptions } from '@tanstack/react-query';
import { accounts } from './accounts.ts';
import { chatClient } from './chat-client.ts';
import { basePath } from './base-path.ts';

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => handleLostSession(error) }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status < 500),
    },
  },
});

const ME_KEY = ['me'];

/** Null without a signed-in user. */
export const meQuery = queryOptions({
  queryKey: ME_KEY,
  queryFn: async ({ client, signal }) => {
    // Browsers log every 401 as an error of the page, so the app first asks whether there is a session.
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

const CHATS_KEY = ['chats'];

function chatsQuery(archived: boolean) {
  return infiniteQueryOptions({
    queryKey: [...CHATS_KEY, { archived }],
    queryFn: ({ pageParam, signal }) =>
      chatClient.listChats({ cursor: pageParam, limit: 100, archived }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export const chatListQuery = chatsQuery(false);
export const archivedChatsQuery = chatsQuery(true);

/** Reloads the lists of chats, in this tab and in the browser's other tabs. */
export function refreshChats(): Promise<void> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has but one origin
  otherTabs.postMessage('chats');
  return queryClient.invalidateQueries({ queryKey: CHATS_KEY });
}

const otherTabs = new BroadcastChannel(`millrace${basePath}`);
otherTabs.addEventListener('message', () => void queryClient.invalidateQueries({ queryKey: CHATS_KEY }));

/** The fields of a chat that its list shows or sorts by. */
const LISTED_FIELDS = ['title', 'pinned', 'archived'] as const;

/** Reloads the list if it shows outdated data of this chat. */
export function refreshListedChat(chat: Chat): void {
  const pages = queryClient.getQueryData(chatListQuery.queryKey)?.pages ?? [];
  const listed = pages.flatMap(({ items }) => items).find(({ id }) => id === chat.id);
  if (listed && LISTED_FIELDS.some((field) => listed[field] !== chat[field])) void refreshChats();
}

export function refreshMe(): void {
  void queryClient.invalidateQueries({ queryKey: ME_KEY });
}

/** Shows the sign-in page if the error says that the session has ended. */
export function handleLostSession(error: unknown): void {
  if (isUnauthenticated(error)) refreshMe();
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'unauthenticated';
}
