import type { NewShare, Share, SharedChat } from '@millrace/protocol';
import { baseUrlOf, createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export interface ShareWish {
  /** The last message of the branch. Absent: the newest of the chat. */
  messageId?: string | undefined;
  /** An instant, ISO 8601; null or absent is never. */
  expiresAt?: string | null;
}

/** Links by which others read a chat as it was when they were made. */
export interface ShareLinks {
  /** The answer is the one place where the address is told. */
  create(chatId: string, wish?: ShareWish, options?: CallOptions): Promise<NewShare>;
  /** Those that lead somewhere, newest first. @param chatId absent: of all chats */
  list(chatId?: string, options?: CallOptions): Promise<Share[]>;
  revoke(share: Pick<Share, 'chatId' | 'id'>, options?: CallOptions): Promise<void>;
  /** What a link leads to; needs no session. */
  read(token: string, options?: CallOptions): Promise<SharedChat>;
  /** The page of a link, or an image of it: its `url`, which is relative to the server, made relative to this page. */
  address(url: string): string;
}

export function createShareLinks(clientOptions: ClientOptions = {}): ShareLinks {
  const transport = createTransport(clientOptions);
  const of = (chatId: string) => `/api/chats/${chatId}/shares`;
  return {
    create: async (chatId, wish = {}, options = {}) =>
      readJson(await transport(of(chatId), { method: 'POST', body: wish, ...options })),
    list: async (chatId, options = {}) => {
      const path = chatId === undefined ? '/api/shares' : of(chatId);
      return (await readJson<{ items: Share[] }>(await transport(path, options))).items;
    },
    revoke: async ({ chatId, id }, options) => {
      await transport(`${of(chatId)}/${id}`, { method: 'DELETE', ...options });
    },
    read: async (token, options = {}) =>
      readJson(await transport(`/api/shares/${encodeURIComponent(token)}`, options)),
    address: (url) => baseUrlOf(clientOptions) + url,
  };
}
