import type { Attachment } from '@millrace/protocol';
import { createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export { partOfAttachment } from '@millrace/protocol';

export interface UploadOptions extends CallOptions {
  name: string;
  /** Null or absent: for a chat that doesn't exist yet. */
  chatId?: string | null | undefined;
}

/** Files to send with a message: pass their ids to `sendMessage`. */
export interface Attachments {
  upload(file: Blob, options: UploadOptions): Promise<Attachment>;
  /** Deletes a file that no message uses. */
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
