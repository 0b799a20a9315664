import { queryOptions } from '@tanstack/react-query';
import { queryClient } from '../server/queries.ts';
import { shareLinks } from '../server/share-links.ts';

const SHARES_KEY = ['shares'];

/** @param chatId undefined is all chats */
export function sharesQuery(chatId?: string) {
  return queryOptions({
    queryKey: [...SHARES_KEY, chatId ?? null],
    queryFn: ({ signal }) => shareLinks.list(chatId, { signal }),
    // Deleting a chat deletes its links too.
    staleTime: 0,
  });
}

export function refreshShares(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: SHARES_KEY });
}
