import { ProblemError } from '../../core/errors.ts';
import { prepared } from '../prepared.ts';
import type { ChatRow } from '../schema.ts';
import { first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';

/** `read` sees the chat, `write` adds to it, `own` changes the chat itself, shares or deletes it. */
export type ChatNeed = 'read' | 'write' | 'own';

/** The one query that decides whether a user may use a chat. Only owners may, whatever the need. */
const selectChat = prepared((db, { userId, chatId }: { userId: string; chatId: string }) =>
  db.selectFrom('chats').selectAll().where('id', '=', chatId).where('owner_id', '=', userId),
);

/** The same query, which also locks the row. The lock lets other transactions add rows that refer to the chat. */
const selectAndLockChat = prepared((db, { userId, chatId }: { userId: string; chatId: string }) =>
  db.selectFrom('chats').selectAll().where('id', '=', chatId).where('owner_id', '=', userId).forNoKeyUpdate(),
);

/**
 * Finds a chat that a user may read, write or owns. Every read and write of a chat on behalf of a user begins with it. In a
 * write transaction, `write` and `own` also lock the chat: see locks.ts for the order.
 *
 * @throws ProblemError `not_found` when the chat doesn't exist, is deleted, or the user lacks the access
 */
export function* accessibleChat(
  tx: TransactionContext,
  userId: string,
  chatId: string,
  need: ChatNeed,
): Transaction<ChatRow> {
  const chat = yield* accessibleOrDeletedChat(tx, userId, chatId, need);
  if (chat.deleted_at !== null) throw noSuchChat();
  return chat;
}

/** The same for a chat that may be deleted. @throws ProblemError `not_found` */
export function* accessibleOrDeletedChat(
  tx: TransactionContext,
  userId: string,
  chatId: string,
  need: ChatNeed,
): Transaction<ChatRow> {
  const mustLock = need !== 'read' && !tx.isReadOnly && tx.db.isPostgres;
  const select = mustLock ? selectAndLockChat : selectChat;
  const chat = yield* first(select(tx.db, { userId, chatId }));
  if (chat === undefined) throw noSuchChat();
  return chat;
}

export function noSuchChat(): ProblemError {
  return new ProblemError('not_found', 'There is no such chat.');
}
