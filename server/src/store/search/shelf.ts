/** A message, or where `messageId` is null the title of a chat, with its words. */
export interface IndexEntry {
  chatId: string;
  messageId: string | null;
  shelf: string;
  title: readonly string[];
  body: readonly string[];
}

/**
 * The part of the index that holds the words of one user's chats: the id of the user who owned the chat when the words were
 * written, as one word. A search covers the shelves of one user, not the whole index.
 */
export const shelfOf = (userId: string) => userId.replaceAll('-', '');
