import type { Chat, ChatSettings, Message, Page, Timestamp } from '@millrace/protocol';
import type { IdempotencyKey } from './generation-store.ts';

export interface ChatChanges {
  title?: string | undefined;
  pinned?: boolean | undefined;
  archived?: boolean | undefined;
  /** What they become; runs inside the transaction, and may refuse. */
  settings?: ((current: ChatSettings) => ChatSettings) | undefined;
  /** As in NewChatOptions, for a chat that is taken out of the archive. */
  maxChats?: number | null;
}

export interface NewChatOptions {
  idempotency?: IdempotencyKey | null;
  /** How many chats that are neither deleted nor archived the user may have, this one included; null for any number. */
  maxChats?: number | null;
  settings?: ChatSettings;
}

export interface PageQuery {
  cursor: string | undefined;
  limit: number;
}

/**
 * Chats and their messages. Each method is one transaction.
 *
 * The law: a user sees and changes their own alone. Whatever is unknown, deleted or somebody else's is
 * ProblemError `not_found`, and one query decides it.
 */
export interface ChatStore {
  /**
   * The same chat again when the key was used for the same request.
   * @throws ProblemError `idempotency_mismatch`, `chat_limit`
   */
  createChat(userId: string, title: string | null, options?: NewChatOptions): Promise<Chat>;
  /**
   * The chat that a client, which names its chats itself, calls so; a new one the first time. The id of an own chat names that.
   * @param name unique for each user
   * @throws ProblemError `not_found` for one that was deleted, `chat_limit`
   */
  openChat(userId: string, name: string, maxChats: number | null): Promise<Chat>;
  /** The same; null where there is none, or no longer. */
  findChatNamed(userId: string, name: string): Promise<Chat | null>;
  /** Pinned first, then by last change. */
  listChats(userId: string, query: PageQuery & { archived: boolean }): Promise<Page<Chat>>;
  findChat(userId: string, chatId: string): Promise<Chat>;
  /** Whether a chat is there, and another user's. */
  belongsToAnotherUser(userId: string, chatId: string): Promise<boolean>;
  /** @throws ProblemError `chat_limit` */
  updateChat(userId: string, chatId: string, changes: ChatChanges): Promise<Chat>;
  /** Gives it a title, unless it is called otherwise than it was without one: by its owner, say. */
  nameChat(userId: string, chatId: string, names: { untitled: string; title: string }): Promise<void>;
  /** Hides it. Answers the ids of its running generations. */
  deleteChat(userId: string, chatId: string): Promise<{ running: string[]; deletedAt: Timestamp }>;
  /**
   * Shows a deleted chat again; one that isn't deleted stays as it is.
   * @param maxChats as in NewChatOptions
   * @throws ProblemError `chat_limit`
   */
  restoreChat(userId: string, chatId: string, maxChats: number | null): Promise<Chat>;
  /**
   * Removes some of the hidden chats whose reply ended before an instant (ms); what they cost stays booked. Those whose
   * request may be repeated stay.
   * @returns how many; 0 when none is left
   */
  removeHiddenChats(endedBefore: number): Promise<number>;
  /** Forgets what channels told before an instant (ms). */
  pruneChannels(toldBefore: number): Promise<void>;
  isMessageOf(userId: string, chatId: string, messageId: string): Promise<boolean>;
  /** Oldest first. */
  listMessages(userId: string, chatId: string, query: PageQuery): Promise<Page<Message>>;
}
