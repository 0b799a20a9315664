import type { GenerationStatus, MessagePart, MessageRole, Timestamp } from './resources.ts';

/** A link by which others read what one branch of a chat was when it was made. */
export interface Share {
  id: string;
  chatId: string;
  /** Of the chat, when the link was made. */
  title: string | null;
  /** How many there are to be read. */
  messageCount: number;
  createdAt: Timestamp;
  /** Null never. */
  expiresAt: Timestamp | null;
}

export interface NewShare extends Share {
  /** Of the page to send to others, relative to the server's address. Told this once. */
  url: string;
}

/** What others see of a message: what was said and shown, not what it cost or what the model thought. */
export interface SharedMessage {
  role: Exclude<MessageRole, 'system'>;
  status: Exclude<GenerationStatus, 'running'>;
  model: string | null;
  parts: Exclude<MessagePart, { type: 'thought' }>[];
  createdAt: Timestamp;
}

/** A snapshot: what is said in the chat later isn't in it. */
export interface SharedChat {
  title: string | null;
  messages: SharedMessage[];
  createdAt: Timestamp;
  expiresAt: Timestamp | null;
}

/** The page of a link, relative to the server's address. */
export function formatShareUrl(token: string): string {
  return `/share/${token}`;
}

/** Where an image of a shared chat is for those who have the link. */
export function formatSharedMediaUrl(token: string, mediaId: string): string {
  return `/api/shares/${token}/media/${mediaId}`;
}
