import type { Chat, Page, Timestamp } from '@millrace/protocol';
import { sql } from 'kysely';
import type { ChatChanges, NewChatOptions, PageQuery } from '../../ports/chat-store.ts';
import { ProblemError } from '../../core/errors.ts';
import { publishToChannel } from './chat-channel.ts';
import { findIdempotentResult, recordIdempotentResult } from './idempotency.ts';
import type { Stamp } from './ledger.ts';
import { lockUser } from '../locks.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { toPage } from '../pages.ts';
import { prepared } from '../prepared.ts';
import { toChat, toSettings } from '../rows.ts';
import type { ChatRow } from '../schema.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';
import { indexTitle } from '../search/search-index.ts';

const selectOwnedChat = prepared((db, { userId, chatId }: { userId: string; chatId: string }) =>
  db
    .selectFrom('chats')
    .selectAll()
    .where('id', '=', chatId)
    .where('owner_id', '=', userId)
    .where('deleted_at', 'is', null),
);

const selectChatEvenDeleted = prepared((db, { userId, chatId }: { userId: string; chatId: string }) =>
  db
    .selectFrom('chats')
    .selectAll()
    .where('id', '=', chatId)
    .where('owner_id', '=', userId)
    .where('hidden_at', 'is', null),
);

const selectNamedChat = prepared((db, { userId, name }: { userId: string; name: string }) =>
  db
    .selectFrom('chats')
    .select(['id', 'deleted_at'])
    .where('owner_id', '=', userId)
    .where((chat) => chat.or([chat('id', '=', name), chat('external_id', '=', name)])),
);

const countChats = prepared((db, { userId }: { userId: string }) =>
  db
    .selectFrom('chats')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('owner_id', '=', userId)
    .where('hidden_at', 'is', null)
    .where('deleted_at', 'is', null)
    .where('archived_at', 'is', null),
);

const insertChat = prepared((db, chat: ChatRow) => db.insertInto('chats').values(chat));

const selectSupportChat = prepared((db, { userId }: { userId: string }) =>
  db
    .selectFrom('chats')
    .selectAll()
    .where('owner_id', '=', userId)
    // A literal, as in the partial index.
    .where('is_support', '=', sql.lit(1))
    .where('deleted_at', 'is', null)
    // A guest who signed up may have brought a second one.
    .orderBy('id', 'desc')
    .limit(1),
);

/** The one place that decides whether a chat is somebody's. @throws ProblemError `not_found` */
export function* ownedChat(db: QueryBuilder, userId: string, chatId: string): Script<ChatRow> {
  const row = yield* first(selectOwnedChat(db, { userId, chatId }));
  if (row === undefined) throw new ProblemError('not_found', 'There is no such chat.');
  return row;
}

export function* findChat(db: QueryBuilder, userId: string, chatId: string): Script<Chat> {
  return toChat(yield* ownedChat(db, userId, chatId));
}

/** Whether a chat is somebody else's: for an answer that tells this from there being none. */
export function* belongsToAnotherUser(db: QueryBuilder, userId: string, chatId: string): Script<boolean> {
  const row = yield* first(
    db.selectFrom('chats').select('owner_id').where('id', '=', chatId).where('deleted_at', 'is', null),
  );
  return row !== undefined && row.owner_id !== userId;
}

type NewChat = Pick<ChatRow, 'owner_id' | 'title' | 'settings'> &
  Partial<Pick<ChatRow, 'is_support' | 'hidden_at' | 'external_id' | 'pinned_at' | 'archived_at'>>;

export function* createChat(
  db: QueryBuilder,
  chat: NewChat,
  { idempotency, maxChats }: Required<Omit<NewChatOptions, 'settings'>>,
  stamp: Stamp,
): Script<Chat> {
  yield* lockUser(db, chat.owner_id);
  const made = yield* findIdempotentResult(db, chat.owner_id, idempotency);
  if (made !== undefined) return yield* findChat(db, chat.owner_id, made);
  const row = yield* addChat(db, chat, maxChats, stamp);
  yield* recordIdempotentResult(db, chat.owner_id, idempotency, row.id, row.created_at);
  return toChat(row);
}

const UNSET = {
  pinned_at: null,
  archived_at: null,
  is_support: 0,
  hidden_at: null,
  external_id: null,
  deleted_at: null,
} as const;

/** @param maxChats how many of them the owner may have; null for any number, and for those that don't count */
export function* addChat(
  db: QueryBuilder,
  chat: NewChat,
  maxChats: number | null,
  stamp: Stamp,
): Script<ChatRow> {
  if (maxChats !== null) yield* checkChatLimit(db, chat.owner_id, maxChats);
  const { now } = stamp;
  const row: ChatRow = { id: stamp.uuid(), ...UNSET, created_at: now, updated_at: now, ...chat };
  yield* execute(insertChat(db, row));
  if (row.title !== null) yield* indexTitle(db, row.id, row.title);
  return row;
}

/** A chat for a question that names none: a new one, or the one its user has for such questions. */
export function* openChat(
  db: QueryBuilder,
  userId: string,
  { chat, maxChats }: { chat: 'new' | 'support'; maxChats: number | null },
  stamp: Stamp,
): Script<ChatRow> {
  const known = chat === 'support' ? yield* first(selectSupportChat(db, { userId })) : undefined;
  if (known !== undefined) return known;
  const is_support = chat === 'support' ? 1 : 0;
  return yield* addChat(db, { owner_id: userId, title: null, settings: '{}', is_support }, maxChats, stamp);
}

/** The chat that a client of its owner calls so; a new one when nothing is called so yet. */
export function* openNamedChat(
  db: QueryBuilder,
  userId: string,
  name: string,
  maxChats: number | null,
  stamp: Stamp,
): Script<Chat> {
  yield* lockUser(db, userId);
  const known = yield* first(selectNamedChat(db, { userId, name }));
  if (known !== undefined) return yield* findChat(db, userId, known.id);
  const chat = { owner_id: userId, title: null, settings: '{}', external_id: name };
  return toChat(yield* addChat(db, chat, maxChats, stamp));
}

export function* findChatNamed(db: QueryBuilder, userId: string, name: string): Script<Chat | null> {
  const known = yield* first(selectNamedChat(db, { userId, name }));
  if (known === undefined || known.deleted_at !== null) return null;
  return yield* findChat(db, userId, known.id);
}

/** @throws ProblemError `chat_limit` */
function* checkChatLimit(db: QueryBuilder, userId: string, maxChats: number): Script<void> {
  const { count } = (yield* first(countChats(db, { userId }))) ?? { count: 0 };
  if (count < maxChats) return;
  throw new ProblemError(
    'chat_limit',
    `You have as many chats as you may (${maxChats}). Delete or archive one to have another.`,
  );
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
    .where('hidden_at', 'is', null)
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
  { title, pinned, archived, settings: change, maxChats = null }: ChatChanges,
  now: number,
): Script<Chat> {
  yield* lockUser(db, userId);
  const chat = yield* ownedChat(db, userId, chatId);
  if (archived === false && chat.archived_at !== null && maxChats !== null) {
    yield* checkChatLimit(db, userId, maxChats);
  }
  const changed: ChatRow = {
    ...chat,
    title: title ?? chat.title,
    pinned_at: flagged(pinned, chat.pinned_at, now),
    archived_at: flagged(archived, chat.archived_at, now),
    settings: change === undefined ? chat.settings : JSON.stringify(change(toSettings(chat))),
  };
  const { title: newTitle, pinned_at, archived_at, settings } = changed;
  yield* execute(
    db
      .updateTable('chats')
      .set({ title: newTitle, pinned_at, archived_at, settings })
      .where('id', '=', chatId),
  );
  if (title !== undefined) yield* indexTitle(db, chatId, title);
  yield* publishToChannel(db, chatId, 'chat', toChat(changed), now);
  return toChat(changed);
}

export function* deleteChat(
  db: QueryBuilder,
  userId: string,
  chatId: string,
  now: number,
): Script<{ running: string[]; deletedAt: Timestamp }> {
  yield* lockUser(db, userId);
  yield* ownedChat(db, userId, chatId);
  yield* execute(db.updateTable('chats').set({ deleted_at: now }).where('id', '=', chatId));
  // Not only out of reach: a chat that comes back doesn't bring its links back.
  yield* execute(db.deleteFrom('shares').where('chat_id', '=', chatId));
  yield* publishToChannel(db, chatId, 'chat_deleted', { chatId }, now);
  const running = yield* all(
    db.selectFrom('generations').select('id').where('chat_id', '=', chatId).where('status', '=', 'running'),
  );
  return { running: running.map((generation) => generation.id), deletedAt: new Date(now).toISOString() };
}

/** Takes the deletion of a chat back; one that isn't deleted stays as it is. @throws ProblemError `not_found`, `chat_limit` */
export function* restoreChat(
  db: QueryBuilder,
  { userId, chatId }: { userId: string; chatId: string },
  maxChats: number | null,
  now: number,
): Script<Chat> {
  yield* lockUser(db, userId);
  const row = yield* first(selectChatEvenDeleted(db, { userId, chatId }));
  if (row === undefined) throw new ProblemError('not_found', 'There is no such chat.');
  if (row.deleted_at === null) return toChat(row);
  if (maxChats !== null && row.archived_at === null) yield* checkChatLimit(db, userId, maxChats);
  const chat = toChat({ ...row, deleted_at: null });
  yield* execute(db.updateTable('chats').set({ deleted_at: null }).where('id', '=', chatId));
  // Whoever reads the channel from before the deletion shall not stop there.
  yield* execute(
    db
      .updateTable('chat_events')
      .set({ name: 'chat', data: JSON.stringify(chat) })
      .where('chat_id', '=', chatId)
      .where('name', '=', 'chat_deleted'),
  );
  yield* publishToChannel(db, chatId, 'chat', chat, now);
  return chat;
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

function flagged(wanted: boolean | undefined, current: number | null, now: number): number | null {
  if (wanted === undefined) return current;
  return wanted ? (current ?? now) : null;
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
