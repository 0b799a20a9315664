import type { Page, SearchHit } from '@millrace/protocol';
import type { PageQuery } from './chat-store.ts';

/**
 * Finds words in the messages and titles of somebody's chats.
 *
 * The law: only their own chats, none that is deleted or hidden, and everything in them from the moment it is written down. What
 * is typed is words, never syntax; it has to be there in one message, or one title, in any order. Case and accents don't matter, and
 * a longer word that begins so will do.
 */
export interface MessageSearch {
  /**
   * Titles, then messages with those very words, then those with longer ones; of each the newest first.
   * @throws ProblemError `invalid_request` for a cursor that isn't one
   */
  searchMessages(userId: string, query: PageQuery & { text: string }): Promise<Page<SearchHit>>;
}
