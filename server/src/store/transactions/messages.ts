import type { Message, Page } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type { PageQuery } from '../../ports/chat-store.ts';
import { ownedChat } from './chats.ts';
import { toPage } from '../pages.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toMessage } from '../rows.ts';
import type { ChatRow, MessageRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { indexMessage } from '../search/search-index.ts';

/** Of the generation that made a message. */
export const OUTCOME = [
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
    .select(OUTCOME)
    .select(['message_ratings.rating', 'message_ratings.note']);
}

const selectMessage = prepared((db, { messageId }: { messageId: string }) =>
  selectMessages(db).where('messages.id', '=', messageId),
);

const insertMessageRow = prepared((db, row: MessageRow) => db.insertInto('messages').values(row));

export function* listMessages(
  db: QueryBuilder,
  userId: string,
  chatId: string,
  { cursor, limit }: PageQuery,
): Script<Page<Message>> {
  yield* ownedChat(db, userId, chatId);
  let query = selectMessages(db)
    .where('messages.chat_id', '=', chatId)
    .orderBy('messages.id')
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where('messages.id', '>', cursor);
  return toPage(yield* all(query), limit, toMessage, (row) => row.id);
}

/** A message somebody names, and its chat. @throws ProblemError `not_found` */
export function* findOwnMessage(
  db: QueryBuilder,
  userId: string,
  messageId: string,
): Script<{ message: Message; chat: ChatRow }> {
  const row = yield* first(selectMessage(db, { messageId }));
  if (row === undefined) throw new ProblemError('not_found', 'There is no such message.');
  const chat = yield* ownedChat(db, userId, row.chat_id);
  return { message: toMessage(row), chat };
}

/** A message that must be there. */
export function* findMessage(db: QueryBuilder, messageId: string): Script<Message> {
  const row = yield* first(selectMessage(db, { messageId }));
  if (row === undefined) throw new Error(`Message ${messageId} is gone`);
  return toMessage(row);
}

export function* insertMessage(
  db: QueryBuilder,
  row: Omit<MessageRow, 'imported'> & Partial<Pick<MessageRow, 'imported'>>,
): Script<void> {
  const whole = { imported: null, ...row };
  yield* execute(insertMessageRow(db, whole));
  yield* indexMessage(db, whole);
}
