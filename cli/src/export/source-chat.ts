import type { Chat, Message } from '@millrace/protocol';

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
