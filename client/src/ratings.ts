import type { Rating } from '@millrace/protocol';
import { createTransport } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

/** Ratings of replies. A rating is in the message's `rating`, and changes are sent on the chat's channel. */
export interface Ratings {
  /** Replaces the previous rating, if any. */
  rate(
    messageId: string,
    rating: Rating['rating'],
    note?: string | null,
    options?: CallOptions,
  ): Promise<void>;
  remove(messageId: string, options?: CallOptions): Promise<void>;
}

/** A separate entry, so that pages without ratings don't load it. */
export function createRatings(clientOptions: ClientOptions = {}): Ratings {
  const transport = createTransport(clientOptions);
  const path = (messageId: string) => `/api/messages/${messageId}/rating`;
  return {
    rate: async (messageId, rating, note = null, options = {}) => {
      const body = { rating, ...(note !== null && { note }) };
      await transport(path(messageId), { method: 'PUT', body, ...options });
    },
    remove: async (messageId, options) => {
      await transport(path(messageId), { method: 'DELETE', ...options });
    },
  };
}
