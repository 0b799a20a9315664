import type { ChatFileFormat, ImportedChatAnswer } from '@millrace/protocol/chat-file';
import { randomKey } from './idempotency-key.ts';
import { baseUrlOf, createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export interface ImportOptions extends CallOptions {
  /** 1 to 200 visible ASCII characters: the same file, sent again with it, makes no second chat. Default: a random one. */
  idempotencyKey?: string | undefined;
}

/** Chats as files: docs/chat-export.md. */
export interface ChatFiles {
  /** The text of a chat's file. */
  exportChat(chatId: string, format?: ChatFileFormat, options?: CallOptions): Promise<string>;
  /** Where a page that a session cookie suffices for downloads it. */
  exportAddress(chatId: string, format: ChatFileFormat): string;
  /** Makes a chat of what is in a JSON file, and says how much of it is left out. */
  importChat(file: object, options?: ImportOptions): Promise<ImportedChatAnswer>;
}

export function createChatFiles(clientOptions: ClientOptions = {}): ChatFiles {
  const transport = createTransport(clientOptions);
  const pathOf = (chatId: string) => `/api/chats/${chatId}/export`;
  return {
    exportChat: async (chatId, format = 'json', options = {}) =>
      (await transport(pathOf(chatId), { query: { format }, ...options })).text(),
    exportAddress: (chatId, format) => `${baseUrlOf(clientOptions)}${pathOf(chatId)}?format=${format}`,
    importChat: async (file, { idempotencyKey = randomKey(), signal } = {}) => {
      const headers = { 'idempotency-key': idempotencyKey };
      return readJson(await transport('/api/chats/import', { method: 'POST', body: file, headers, signal }));
    },
  };
}
