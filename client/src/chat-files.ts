import type { ChatFileFormat, ImportedChatAnswer } from '@millrace/protocol/chat-file';
import { randomKey } from './idempotency-key.ts';
import { baseUrlOf, createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export interface ImportOptions extends CallOptions {
  /** 1 to 200 visible ASCII characters. Repeating an import with the same key creates no second chat. Default: a random key. */
  idempotencyKey?: string | undefined;
}

/** Chats as files: docs/chat-export.md. */
export interface ChatFiles {
  /** Returns a chat as the text of a file. */
  exportChat(chatId: string, format?: ChatFileFormat, options?: CallOptions): Promise<string>;
  /** The URL of the file, for pages that authenticate by session cookie. */
  exportUrl(chatId: string, format: ChatFileFormat): string;
  /** Creates a chat from a JSON file. The answer counts the content that was not imported. */
  importChat(file: object, options?: ImportOptions): Promise<ImportedChatAnswer>;
}

export function createChatFiles(clientOptions: ClientOptions = {}): ChatFiles {
  const transport = createTransport(clientOptions);
  const pathOf = (chatId: string) => `/api/chats/${chatId}/export`;
  return {
    exportChat: async (chatId, format = 'json', options = {}) =>
      (await transport(pathOf(chatId), { query: { format }, ...options })).text(),
    exportUrl: (chatId, format) => `${baseUrlOf(clientOptions)}${pathOf(chatId)}?format=${format}`,
    importChat: async (file, { idempotencyKey = randomKey(), signal } = {}) => {
      const headers = { 'idempotency-key': idempotencyKey };
      return readJson(await transport('/api/chats/import', { method: 'POST', body: file, headers, signal }));
    },
  };
}
