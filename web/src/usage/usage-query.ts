import { queryOptions } from '@tanstack/react-query';
import { chatClient } from '../server/chat-client.ts';

export const usageQuery = queryOptions({
  queryKey: ['usage'],
  queryFn: ({ signal }) => chatClient.usage({ signal }),
  // The page always shows current usage.
  staleTime: 0,
});
