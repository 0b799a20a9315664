import type { Rating } from '@millrace/protocol';
import { createTransport } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

/** What one thinks of replies. A message has it as `rating`, and who follows the chat is told of it. */
export interface Ratings {
  /** In the place of the rating there is, if any. */
  rate(
    messageId: string,
    rating: Rating['rating'],
    note?: string | null,
    options?: CallOptions,
  ): Promise<void>;
  takeBack(messageId: string, options?: CallOptions): Promise<void>;
}

/** An entry of its own, so that a page that has no use for it doesn't carry it. */
export function createRatings(clientOptions: ClientOptions = {}): Ratings {
  const transport = createTransport(clientOptions);
  const place = (messageId: string) => `/api/messages/${messageId}/rating`;
  return {
    rate: async (messageId, rating, note = null, options = {}) => {
      const body = { rating, ...(note !== null && { note }) };
      await transport(place(messageId), { method: 'PUT', body, ...options });
    },
    takeBack: async (messageId, options) => {
      await transport(place(messageId), { method: 'DELETE', ...options });
    },
  };
}
