import type { Chat, ChatSettings, Message } from '@millrace/protocol';
import type { NewAttachment } from './attachment-store.ts';
import type { NewChatOptions } from './chat-store.ts';

/** A message of a file, which gets an id of ours. Others name it by its place in the list. */
export interface ImportedMessage extends Pick<Message, 'parts' | 'model' | 'finishReason' | 'error'> {
  role: Exclude<Message['role'], 'system'>;
  status: Exclude<Message['status'], 'running'>;
  /** An earlier one; null for a first message. */
  parent: number | null;
  /** Whether it goes on with the text of its parent. */
  continues: boolean;
}

/** An image of a reply. */
export interface ImportedImage {
  id: string;
  mimeType: string;
  bytes: Uint8Array;
}

/** An image or a text that a person had attached. */
export interface ImportedAttachment extends Omit<NewAttachment, 'chatId'> {
  id: string;
}

export interface ImportedChat {
  title: string | null;
  pinned: boolean;
  archived: boolean;
  settings: ChatSettings;
  /** Oldest first. */
  messages: readonly ImportedMessage[];
  images: readonly ImportedImage[];
  attachments: readonly ImportedAttachment[];
}

/**
 * Chats from files.
 *
 * The law: all of a chat or nothing, in one transaction; a tree of the same shape and order; and nothing is charged for it.
 * Its images and files are kept with it, as if they had been made and sent here.
 */
export interface ImportStore {
  /**
   * The same chat again when the key was used for the same request.
   * @throws ProblemError `idempotency_mismatch`, `chat_limit`
   */
  importChat(userId: string, chat: ImportedChat, options?: Omit<NewChatOptions, 'settings'>): Promise<Chat>;
}
