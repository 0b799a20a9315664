import type { Chat, ChatSettings, Page } from '@millrace/protocol';
import { sql } from 'kysely';
import { invalidCursor, toPage } from '../pages.ts';
import type { PageQuery } from '../pages.ts';
import { lockUser } from '../locks.ts';
import { prepared } from '../prepared.ts';
import { toChat, toSettings } from '../rows.ts';
import type { ChatRow } from '../schema.ts';
import { indexTitle, reindexTitle } from '../search/search-index.ts';
import { all, execute, first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';
import { publishToChannel } from './chat-channel.ts';
import { checkChatLimit } from './chat-limit.ts';
import { findIdempotentResult, recordIdempotentResult } from './idempotency.ts';
import type { IdempotencyKey } from './idempotency.ts';

/**
 * The law: users see and change only their own chats. A chat that doesn't exist, is deleted or belongs to another user is
 * ProblemError `not_found`, and one query (`accessibleChat`) decides that.
 */

export interface NewChatOptions {
  idempotency?: IdempotencyKey | null;
  /** How many chats the user may have that are neither deleted nor archived, including this one; null for no limit. */
  maxChats?: number | null;
  settings?: ChatSettings;
}

export interface ChatChanges {
  title?: string | undefined;
  pinned?: boolean | undefined;
  archived?: boolean | undefined;
  /** Computes the new settings. Runs inside the transaction, and may throw to refuse the change. */
  settings?: ((current: ChatSettings) => ChatSettings) | undefined;
  /** As in NewChatOptions. Applies when a chat leaves the archive. */
  maxChats?: number | null;
}

export type NewChat = Pick<ChatRow, 'owner_id' | 'title' | 'settings'> &
  Partial<Pick<ChatRow, 'is_support' | 'hidden_at' | 'external_id' | 'pinned_at' | 'archived_at'>>;

const DEFAULTS = {
  pinned_at: null,
  archived_at: null,
  is_support: 0,
  hidden_at: null,
  external_id: null,
  deleted_at: null,
} as const;

const insertChat = prepared((db, chat: ChatRow) => db.insertInto('chats').values(chat));

/**
 * Creates a chat. A repeated request with the same idempotency key returns the chat of the first one.
 * @throws ProblemError `idempotency_mismatch`, `chat_limit`
 */
export function* createChat(
  tx: TransactionContext,
  userId: string,
  title: string | null,
  { idempotency = null, maxChats = null, settings = {} }: NewChatOptions = {},
): Transaction<Chat> {
  yield* lockUser(tx, userId);
  const createdId = yield* findIdempotentResult(tx, userId, idempotency);
  if (createdId !== null) return yield* findChat(tx, userId, createdId);
  const chat = { owner_id: userId, title, settings: JSON.stringify(settings) };
  const row = yield* insertNewChat(tx, chat, maxChats);
  yield* recordIdempotentResult(tx, userId, idempotency, row.id);
  return toChat(row);
}

/** @param maxChats null for no limit, and for chats that don't count @throws ProblemError `chat_limit` */
export function* insertNewChat(
  tx: TransactionContext,
  chat: NewChat,
  maxChats: number | null,
): Transaction<ChatRow> {
  if (maxChats !== null) yield* checkChatLimit(tx, chat.owner_id, maxChats);
  const row: ChatRow = {
    id: tx.ids.uuid(),
    ...DEFAULTS,
    created_at: tx.now,
    updated_at: tx.now,
    ...chat,
  };
  yield* execute(insertChat(tx.db, row));
  if (row.title !== null) yield* indexTitle(tx, row, row.title);
  return row;
}

export function* findChat(tx: TransactionContext, userId: string, chatId: string): Transaction<Chat> {
  return toChat(yield* accessibleChat(tx, userId, chatId, 'read'));
}

/** Whether the chat exists and belongs to another user, for an API that has to tell this from a missing chat. */
export function* belongsToAnotherUser(
  tx: TransactionContext,
  userId: string,
  chatId: string,
): Transaction<boolean> {
  const row = yield* first(
    tx.db.selectFrom('chats').select('owner_id').where('id', '=', chatId).where('deleted_at', 'is', null),
  );
  return row !== undefined && row.owner_id !== userId;
}

/** Lists pinned chats first, then by last change. */
export function* listChats(
  tx: TransactionContext,
  userId: string,
  { archived, cursor, limit }: PageQuery & { archived: boolean },
): Transaction<Page<Chat>> {
  const isPinned = sql<number>`case when pinned_at is null then 0 else 1 end`;
  let query = tx.db
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

/** @throws ProblemError `not_found`, `chat_limit` */
export function* updateChat(
  tx: TransactionContext,
  userId: string,
  chatId: string,
  { title, pinned, archived, settings: change, maxChats = null }: ChatChanges,
): Transaction<Chat> {
  yield* lockUser(tx, userId);
  const chat = yield* accessibleChat(tx, userId, chatId, 'own');
  if (archived === false && chat.archived_at !== null && maxChats !== null) {
    yield* checkChatLimit(tx, userId, maxChats);
  }
  const changed: ChatRow = {
    ...chat,
    title: title ?? chat.title,
    pinned_at: toggled(pinned, chat.pinned_at, tx.now),
    archived_at: toggled(archived, chat.archived_at, tx.now),
    settings: change === undefined ? chat.settings : JSON.stringify(change(toSettings(chat))),
  };
  const { title: newTitle, pinned_at, archived_at, settings } = changed;
  yield* execute(
    tx.db
      .updateTable('chats')
      .set({ title: newTitle, pinned_at, archived_at, settings })
      .where('id', '=', chatId),
  );
  if (title !== undefined) yield* reindexTitle(tx, chat, title);
  yield* publishToChannel(tx, chatId, { chat: toChat(changed) });
  return toChat(changed);
}

/** Stores a generated title, unless the chat has got another title than `defaultTitle` since. @throws ProblemError `not_found` */
export function* setGeneratedTitle(
  tx: TransactionContext,
  userId: string,
  chatId: string,
  { defaultTitle, title }: { defaultTitle: string; title: string },
): Transaction<void> {
  yield* lockUser(tx, userId);
  const chat = yield* accessibleChat(tx, userId, chatId, 'write');
  if (chat.title !== defaultTitle) return;
  yield* execute(tx.db.updateTable('chats').set({ title }).where('id', '=', chatId));
  yield* reindexTitle(tx, chat, title);
  yield* publishToChannel(tx, chatId, { chat: toChat({ ...chat, title }) });
}

/** @returns when the flag was set (ms), or null */
function toggled(wanted: boolean | undefined, setAt: number | null, now: number): number | null {
  if (wanted === undefined) return setAt;
  return wanted ? (setAt ?? now) : null;
}

function formatChatCursor(row: ChatRow): string {
  return `${row.pinned_at === null ? 0 : 1}.${row.updated_at}.${row.id}`;
}

function parseChatCursor(cursor: string) {
  const [, pinned, updatedAt, id] = /^([01])\.(\d{1,15})\.([0-9a-f-]{36})$/.exec(cursor) ?? [];
  if (pinned === undefined || updatedAt === undefined || id === undefined) throw invalidCursor();
  return { pinned: Number(pinned), updatedAt: Number(updatedAt), id };
}
