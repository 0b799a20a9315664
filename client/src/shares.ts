import type { NewShare, Share, SharedChat } from '@millrace/protocol';
import { baseUrlOf, createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export interface ShareRequest {
  /** The last message of the branch. Absent: the newest of the chat. */
  messageId?: string | undefined;
  /** ISO 8601; null or absent: the link does not expire. */
  expiresAt?: string | null;
}

/** Links that show others a chat as it was when the link was created. */
export interface ShareLinks {
  /** The link's URL is returned only here. */
  create(chatId: string, request?: ShareRequest, options?: CallOptions): Promise<NewShare>;
  /** Valid links, newest first. @param chatId absent: links to all chats */
  list(chatId?: string, options?: CallOptions): Promise<Share[]>;
  revoke(share: Pick<Share, 'chatId' | 'id'>, options?: CallOptions): Promise<void>;
  /** The chat that a link shows. Needs no session. */
  read(token: string, options?: CallOptions): Promise<SharedChat>;
  /** Resolves the `url` of a link's page or image, which is relative to the server, against `baseUrl`. */
  resolveUrl(url: string): string;
}

export function createShareLinks(clientOptions: ClientOptions = {}): ShareLinks {
  const transport = createTransport(clientOptions);
  const pathOf = (chatId: string) => `/api/chats/${chatId}/shares`;
  return {
    create: async (chatId, request = {}, options = {}) =>
      readJson(await transport(pathOf(chatId), { method: 'POST', body: request, ...options })),
    list: async (chatId, options = {}) => {
      const path = chatId === undefined ? '/api/shares' : pathOf(chatId);
      return (await readJson<{ items: Share[] }>(await transport(path, options))).items;
    },
    revoke: async ({ chatId, id }, options) => {
      await transport(`${pathOf(chatId)}/${id}`, { method: 'DELETE', ...options });
    },
    read: async (token, options = {}) =>
      readJson(await transport(`/api/shares/${encodeURIComponent(token)}`, options)),
    resolveUrl: (url) => baseUrlOf(clientOptions) + url,
  };
}
