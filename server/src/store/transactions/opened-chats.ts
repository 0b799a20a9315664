import type { Chat } from '@millrace/protocol';
import { sql } from 'kysely';
import { lockUser } from '../locks.ts';
import { prepared } from '../prepared.ts';
import { toChat } from '../rows.ts';
import type { ChatRow } from '../schema.ts';
import { first } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { accessibleChat } from './chat-access.ts';
import { findChat, insertNewChat } from './chats.ts';

/** Chats that are created when they are first used: named by a client, or the one support chat of a user. */

const selectNamedChat = prepared((db, { userId, name }: { userId: string; name: string }) =>
  db
    .selectFrom('chats')
    .select(['id', 'deleted_at'])
    .where('owner_id', '=', userId)
    .where((chat) => chat.or([chat('id', '=', name), chat('external_id', '=', name)])),
);

const selectSupportChat = prepared((db, { userId }: { userId: string }) =>
  db
    .selectFrom('chats')
    .select('id')
    .where('owner_id', '=', userId)
    // A literal, as in the partial index.
    .where('is_support', '=', sql.lit(1))
    .where('deleted_at', 'is', null)
    // A guest who signed up may have brought a second one.
    .orderBy('id', 'desc')
    .limit(sql.lit(1)),
);

/**
 * Finds or creates the chat to which a client has given a name. The id of one of the user's chats is also its name.
 * @param name unique for each user
 * @throws ProblemError `not_found` for a deleted chat, `chat_limit`
 */
export function* openNamedChat(
  tx: TransactionContext,
  userId: string,
  name: string,
  maxChats: number | null,
): Transaction<Chat> {
  yield* lockUser(tx, userId);
  const known = yield* first(selectNamedChat(tx.db, { userId, name }));
  if (known !== undefined) return yield* findChat(tx, userId, known.id);
  const chat = { owner_id: userId, title: null, settings: '{}', external_id: name };
  return toChat(yield* insertNewChat(tx, chat, maxChats));
}

/** @returns null when the name is unknown or its chat is deleted */
export function* findNamedChat(
  tx: TransactionContext,
  userId: string,
  name: string,
): Transaction<Chat | null> {
  const known = yield* first(selectNamedChat(tx.db, { userId, name }));
  if (known === undefined || known.deleted_at !== null) return null;
  return yield* findChat(tx, userId, known.id);
}

/** Finds or creates the chat for a question that names none: a new chat, or the support chat of the user. */
export function* openChatForQuestion(
  tx: TransactionContext,
  userId: string,
  { chat, maxChats }: { chat: 'new' | 'support'; maxChats: number | null },
): Transaction<ChatRow> {
  const known = chat === 'support' ? yield* first(selectSupportChat(tx.db, { userId })) : undefined;
  if (known !== undefined) return yield* accessibleChat(tx, userId, known.id, 'write');
  const is_support = chat === 'support' ? 1 : 0;
  return yield* insertNewChat(tx, { owner_id: userId, title: null, settings: '{}', is_support }, maxChats);
}
