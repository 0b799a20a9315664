import type { Chat, Message, Page } from '@millrace/protocol';
import { sql } from 'kysely';
import type { ChatChanges, PageQuery } from '../../ports/chat-store.ts';
import { ProblemError } from '../../core/errors.ts';
import type { QueryBuilder } from './query-builder.ts';
import { toChat, toMessage } from './rows.ts';
import type { ChatRow } from './schema.ts';
import { all, execute, first } from './script.ts';
import type { Script } from './script.ts';

/** The one place that decides whether a chat is somebody's. @throws ProblemError `not_found` */
export function* ownedChat(db: QueryBuilder, userId: string, chatId: string): Script<ChatRow> {
  const row = yield* first(
    db
      .selectFrom('chats')
      .selectAll()
      .where('id', '=', chatId)
      .where('owner_id', '=', userId)
      .where('deleted_at', 'is', null),
  );
  if (row === undefined) throw new ProblemError('not_found', 'There is no such chat.');
  return row;
}

export function* findChat(db: QueryBuilder, userId: string, chatId: string): Script<Chat> {
  return toChat(yield* ownedChat(db, userId, chatId));
}

export function* createChat(db: QueryBuilder, chat: ChatRow): Script<Chat> {
  yield* execute(db.insertInto('chats').values(chat));
  return toChat(chat);
}

export function* listChats(
  db: QueryBuilder,
  userId: string,
  { archived, cursor, limit }: PageQuery & { archived: boolean },
): Script<Page<Chat>> {
  const isPinned = sql<number>`case when pinned_at is null then 0 else 1 end`;
  let query = db
    .selectFrom('chats')
    .selectAll()
    .where('owner_id', '=', userId)
    .where('deleted_at', 'is', null)
    .where('archived_at', archived ? 'is not' : 'is', null)
    .orderBy(isPinned, 'desc')
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (cursor !== undefined) {
    const { pinned, updatedAt, id } = parseChatCursor(cursor);
    query = query.where(sql<boolean>`(${isPinned}, updated_at, id) < (${pinned}, ${updatedAt}, ${id})`);
  }
  return toPage(yield* all(query), limit, toChat, formatChatCursor);
}

export function* updateChat(
  db: QueryBuilder,
  userId: string,
  chatId: string,
  { title, pinned, archived }: ChatChanges,
  now: number,
): Script<Chat> {
  const chat = yield* ownedChat(db, userId, chatId);
  const changed: ChatRow = {
    ...chat,
    title: title ?? chat.title,
    pinned_at: flagged(pinned, chat.pinned_at, now),
    archived_at: flagged(archived, chat.archived_at, now),
  };
  const { title: newTitle, pinned_at, archived_at } = changed;
  yield* execute(
    db.updateTable('chats').set({ title: newTitle, pinned_at, archived_at }).where('id', '=', chatId),
  );
  return toChat(changed);
}

export function* deleteChat(db: QueryBuilder, userId: string, chatId: string, now: number): Script<string[]> {
  yield* ownedChat(db, userId, chatId);
  yield* execute(db.updateTable('chats').set({ deleted_at: now }).where('id', '=', chatId));
  const running = yield* all(
    db.selectFrom('generations').select('id').where('chat_id', '=', chatId).where('status', '=', 'running'),
  );
  return running.map((generation) => generation.id);
}

export function* isMessageOf(
  db: QueryBuilder,
  userId: string,
  chatId: string,
  messageId: string,
): Script<boolean> {
  yield* ownedChat(db, userId, chatId);
  const row = yield* first(
    db.selectFrom('messages').select('id').where('id', '=', messageId).where('chat_id', '=', chatId),
  );
  return row !== undefined;
}

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

/** Messages with the outcome of the generation that made them. */
export function selectMessages(db: QueryBuilder) {
  return db
    .selectFrom('messages')
    .leftJoin('generations', 'generations.id', 'messages.generation_id')
    .selectAll('messages')
    .select([
      'generations.status',
      'generations.model',
      'generations.finish_reason',
      'generations.usage',
      'generations.tokens_used',
      'generations.counted',
      'generations.error',
    ]);
}

function flagged(wanted: boolean | undefined, current: number | null, now: number): number | null {
  if (wanted === undefined) return current;
  return wanted ? (current ?? now) : null;
}

/** @param rows one more than `limit` when there is a next page */
function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
  toCursor: (row: Row) => string,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? toCursor(last) : null,
  };
}

function formatChatCursor(row: ChatRow): string {
  return `${row.pinned_at === null ? 0 : 1}.${row.updated_at}.${row.id}`;
}

function parseChatCursor(cursor: string) {
  const [, pinned, updatedAt, id] = /^([01])\.(\d{1,15})\.([0-9a-f-]{36})$/.exec(cursor) ?? [];
  if (pinned === undefined || updatedAt === undefined || id === undefined) {
    throw new ProblemError('invalid_request', 'The cursor is not one this server gave.');
  }
  return { pinned: Number(pinned), updatedAt: Number(updatedAt), id };
}
