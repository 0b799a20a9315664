import type { Message, Page } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import { invalidCursor, toPage } from '../pages.ts';
import type { PageQuery } from '../pages.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toMessage } from '../rows.ts';
import type { ChatRow, MessageRow } from '../schema.ts';
import { indexMessage } from '../search/search-index.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';
import type { ChatNeed } from './chat-access.ts';

/** The columns of a generation that its message shows. */
export const OUTCOME_COLUMNS = [
  'generations.status',
  'generations.model',
  'generations.finish_reason',
  'generations.cached_from',
  'generations.usage',
  'generations.tokens_used',
  'generations.cost_micros',
  'generations.usage_source',
  'generations.first_token_ms',
  'generations.error',
] as const;

function selectMessages(db: QueryBuilder) {
  return db
    .selectFrom('messages')
    .leftJoin('generations', 'generations.id', 'messages.generation_id')
    .leftJoin('message_ratings', 'message_ratings.message_id', 'messages.id')
    .selectAll('messages')
    .select(OUTCOME_COLUMNS)
    .select(['message_ratings.rating', 'message_ratings.note']);
}

const selectMessage = prepared((db, { messageId }: { messageId: string }) =>
  selectMessages(db).where('messages.id', '=', messageId),
);

const insertMessageRow = prepared((db, row: MessageRow) => db.insertInto('messages').values(row));

/** Lists the messages of a chat, oldest first. @throws ProblemError `not_found`, `invalid_request` for a foreign cursor */
export function* listMessages(
  tx: TransactionContext,
  userId: string,
  chatId: string,
  { cursor, limit }: PageQuery,
): Transaction<Page<Message>> {
  yield* accessibleChat(tx, userId, chatId, 'read');
  let query = selectMessages(tx.db)
    .where('messages.chat_id', '=', chatId)
    .orderBy('messages.id')
    .limit(limit + 1);
  if (cursor !== undefined) {
    if (!(yield* isOfChat(tx, chatId, cursor))) throw invalidCursor();
    query = query.where('messages.id', '>', cursor);
  }
  return toPage(
    yield* all(query),
    limit,
    (row) => toMessage(row, row, row),
    (row) => row.id,
  );
}

/** @throws ProblemError `not_found` for the chat */
export function* isMessageInChat(
  tx: TransactionContext,
  userId: string,
  chatId: string,
  messageId: string,
): Transaction<boolean> {
  yield* accessibleChat(tx, userId, chatId, 'read');
  return yield* isOfChat(tx, chatId, messageId);
}

function* isOfChat(tx: TransactionContext, chatId: string, messageId: string): Transaction<boolean> {
  const row = yield* first(
    tx.db.selectFrom('messages').select('id').where('id', '=', messageId).where('chat_id', '=', chatId),
  );
  return row !== undefined;
}

/** Finds a message by its id, with its chat. @throws ProblemError `not_found` */
export function* accessibleMessage(
  tx: TransactionContext,
  userId: string,
  messageId: string,
  need: ChatNeed,
): Transaction<{ message: Message; chat: ChatRow }> {
  const row = yield* first(selectMessage(tx.db, { messageId }));
  if (row === undefined) throw new ProblemError('not_found', 'There is no such message.');
  const chat = yield* accessibleChat(tx, userId, row.chat_id, need);
  return { message: toMessage(row, row, row), chat };
}

/** Finds a message that must exist. */
export function* findMessage(tx: TransactionContext, messageId: string): Transaction<Message> {
  const row = yield* first(selectMessage(tx.db, { messageId }));
  if (row === undefined) throw new Error(`Message ${messageId} is missing`);
  return toMessage(row, row, row);
}

export function* insertMessage(
  tx: TransactionContext,
  chat: Pick<ChatRow, 'id' | 'owner_id' | 'hidden_at'>,
  message: Omit<MessageRow, 'imported' | 'chat_id'> & Partial<Pick<MessageRow, 'imported'>>,
): Transaction<void> {
  const row: MessageRow = { imported: null, ...message, chat_id: chat.id };
  yield* execute(insertMessageRow(tx.db, row));
  yield* indexMessage(tx, chat, row);
}
