import { queryOptions } from '@tanstack/react-query';
import { chatClient } from '../server/chat-client.ts';

export const usageQuery = queryOptions({
  queryKey: ['usage'],
  queryFn: ({ signal }) => chatClient.usage({ signal }),
  // Whoever opens the page wants what is used now.
  staleTime: 0,
});
