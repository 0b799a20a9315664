import type { Chat, Message } from '@millrace/protocol';

/** A chat as a file: docs/chat-export.md. */
export interface ChatDocument {
  format: 'millrace-chat';
  version: 1;
  exportedAt: string;
  chat: Chat;
  /** The whole tree, oldest first. */
  messages: Message[];
  /** Where the images are that messages name. */
  media: MediaFile[];
}

export interface MediaFile {
  /** As the part of the message has it. */
  url: string;
  mimeType: string;
  /** Relative to the document. */
  file: string;
}

/** A chat with all that belongs to it, wherever it is read from. */
export interface SourceChat {
  chat: Chat;
  messages: Message[];
  readMedia: (url: string) => Promise<Uint8Array>;
  /** Of its owner, where chats of several people are exported. */
  folder?: string;
}

/** Hands over one chat after the other. */
export type VisitChats = (visit: (chat: SourceChat) => Promise<void>) => Promise<void>;
