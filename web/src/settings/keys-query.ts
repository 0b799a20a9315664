import { queryOptions } from '@tanstack/react-query';
import { apiKeys } from '../server/api-keys.ts';
import { queryClient } from '../server/queries.ts';

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => apiKeys.list({ signal }),
});

export function refreshKeys(): Promise<void> {
  return queryClient.invalidateQueries(keysQuery);
}
