import type { Chat, Message } from '@millrace/protocol';

/** A chat with everything in it, from HTTP or from the database. */
export interface SourceChat {
  chat: Chat;
  messages: Message[];
  readMedia: (url: string) => Promise<Uint8Array>;
  /** The folder of its owner, when chats of several users are exported. */
  folder?: string;
}

/** Calls a function for each chat, one after the other. */
export type VisitChats = (visit: (chat: SourceChat) => Promise<void>) => Promise<void>;
