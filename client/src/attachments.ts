import type { Attachment } from '@millrace/protocol';
import { createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export { partOfAttachment } from '@millrace/protocol';

export interface UploadOptions extends CallOptions {
  name: string;
  /** Null or absent: for a chat that isn't there yet. */
  chatId?: string | null | undefined;
}

/** Files on their way into a message: name their ids in `sendMessage`. */
export interface Attachments {
  upload(file: Blob, options: UploadOptions): Promise<Attachment>;
  /** Takes back one that no message has. */
  remove(attachmentId: string, options?: CallOptions): Promise<void>;
}

export function createAttachments(clientOptions: ClientOptions = {}): Attachments {
  const transport = createTransport(clientOptions);
  return {
    upload: async (file, { name, chatId = null, ...options }) => {
      const path = chatId === null ? '/api/attachments' : `/api/chats/${chatId}/attachments`;
      return readJson(await transport(path, { method: 'POST', query: { name }, body: file, ...options }));
    },
    remove: async (attachmentId, options) => {
      await transport(`/api/attachments/${attachmentId}`, { method: 'DELETE', ...options });
    },
  };
}
