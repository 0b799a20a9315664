import type { Chat, Timestamp } from '@millrace/protocol';
import { lockUser } from '../locks.ts';
import { toChat, toTimestamp } from '../rows.ts';
import { execute } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat, accessibleOrDeletedChat, noSuchChat } from './chat-access.ts';
import { publishToChannel } from './chat-channel.ts';
import { checkChatLimit } from './chat-limit.ts';
import { listRunning } from './generations.ts';

/** Marks a chat as deleted. @returns the ids of its running generations @throws ProblemError `not_found` */
export function* deleteChat(
  tx: TransactionContext,
  userId: string,
  chatId: string,
): Transaction<{ running: string[]; deletedAt: Timestamp }> {
  yield* lockUser(tx, userId);
  yield* accessibleChat(tx, userId, chatId, 'own');
  yield* execute(tx.db.updateTable('chats').set({ deleted_at: tx.now }).where('id', '=', chatId));
  // A restored chat doesn't get its links back.
  yield* execute(tx.db.deleteFrom('shares').where('chat_id', '=', chatId));
  yield* publishToChannel(tx, chatId, { chat_deleted: { chatId } });
  const running = yield* listRunning(tx, 'chat_id', chatId);
  return { running, deletedAt: toTimestamp(tx.now) };
}

/**
 * Restores a deleted chat. Does nothing if the chat isn't deleted.
 * @param maxChats as in NewChatOptions
 * @throws ProblemError `not_found`, `chat_limit`
 */
export function* restoreChat(
  tx: TransactionContext,
  userId: string,
  chatId: string,
  maxChats: number | null,
): Transaction<Chat> {
  yield* lockUser(tx, userId);
  const row = yield* accessibleOrDeletedChat(tx, userId, chatId, 'own');
  if (row.hidden_at !== null) throw noSuchChat();
  if (row.deleted_at === null) return toChat(row);
  if (maxChats !== null && row.archived_at === null) yield* checkChatLimit(tx, userId, maxChats);
  const chat = toChat({ ...row, deleted_at: null });
  yield* execute(tx.db.updateTable('chats').set({ deleted_at: null }).where('id', '=', chatId));
  // A reader that resumes from before the deletion must not end there.
  yield* execute(
    tx.db
      .updateTable('chat_events')
      .set({ name: 'chat', data: JSON.stringify(chat) })
      .where('chat_id', '=', chatId)
      .where('name', '=', 'chat_deleted'),
  );
  yield* publishToChannel(tx, chatId, { chat });
  return chat;
}
