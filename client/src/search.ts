import type { Page, SearchHit } from '@millrace/protocol';
import type { PageQuery } from './page-query.ts';
import { createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

/** In all chats of the caller. */
export interface Search {
  /** Titles and messages in which all these words are. @param text as somebody types it */
  search: (text: string, query?: PageQuery, options?: CallOptions) => Promise<Page<SearchHit>>;
}

export function createSearch(clientOptions: ClientOptions = {}): Search {
  const transport = createTransport(clientOptions);
  return {
    search: async (text, query, options) =>
      readJson(await transport('/api/search', { query: { q: text, ...query }, ...options })),
  };
}
