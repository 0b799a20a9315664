import { queryOptions } from '@tanstack/react-query';
import { chatClient } from '../server/chat-client.ts';
import { queryClient } from '../server/queries.ts';

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => chatClient.keys.list({ signal }),
});

export function refreshKeys(): Promise<void> {
  return queryClient.invalidateQueries(keysQuery);
}
