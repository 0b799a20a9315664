import type { Page, SearchHit } from '@millrace/protocol';
import type { PageQuery } from './page-query.ts';
import { createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

/** Search in all chats of the caller. */
export interface Search {
  /** Finds titles and messages that contain all words. @param text the words, as the user types them */
  search: (text: string, query?: PageQuery, options?: CallOptions) => Promise<Page<SearchHit>>;
}

export function createSearch(clientOptions: ClientOptions = {}): Search {
  const transport = createTransport(clientOptions);
  return {
    search: async (text, query, options) =>
      readJson(await transport('/api/search', { query: { q: text, ...query }, ...options })),
  };
}
