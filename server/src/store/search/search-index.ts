import type { MessagePart } from '@millrace/protocol';
import { searchableText, wordsOf } from '../../core/search-words.ts';
import { prepared } from '../prepared.ts';
import type { ChatRow, MessageRow } from '../schema.ts';
import { all, execute } from '../transaction.ts';
import type { Transaction, TransactionContext } from '../transaction.ts';
import { insertVector } from './postgres-vectors.ts';
import { shelfOf } from './shelf.ts';
import { insertFullText } from './sqlite-full-text.ts';

type Context = Pick<TransactionContext, 'db'>;
type IndexedChat = Pick<ChatRow, 'id' | 'owner_id' | 'hidden_at'>;

/** How many messages the migration reads with one query. */
const BATCH_MESSAGES = 500;

const deleteTitle = prepared((db, { chatId }: { chatId: string }) =>
  db.deleteFrom('search_entries').where('chat_id', '=', chatId).where('message_id', 'is', null),
);

/** Makes the text of a message findable. Call it once, in the transaction that stores the text. */
export function* indexMessage(
  tx: Context,
  chat: IndexedChat,
  { id, role, parts }: Pick<MessageRow, 'id' | 'role' | 'parts'>,
): Transaction<void> {
  if (role === 'system' || parts === '[]') return;
  const body = foldedWordsOf(searchableText(JSON.parse(parts) as MessagePart[]));
  if (body.length > 0) yield* insertWords(tx, chat, id, { title: [], body });
}

/** Makes the first title of a chat findable, in the transaction that stores it. */
export function* indexTitle(tx: Context, chat: IndexedChat, title: string): Transaction<void> {
  const words = foldedWordsOf(title);
  if (words.length > 0) yield* insertWords(tx, chat, null, { title: words, body: [] });
}

/** The same for a title that replaces another one. */
export function* reindexTitle(tx: Context, chat: IndexedChat, title: string): Transaction<void> {
  yield* execute(deleteTitle(tx.db, { chatId: chat.id }));
  yield* indexTitle(tx, chat, title);
}

/** Indexes everything that was stored before the index existed. */
export function* indexAll(tx: Context): Transaction<void> {
  const chats = yield* all(
    tx.db.selectFrom('chats').select(['id', 'owner_id', 'hidden_at', 'title']).where('title', 'is not', null),
  );
  for (const chat of chats) yield* indexTitle(tx, chat, chat.title ?? '');
  for (let after = ''; ;) {
    const messages = yield* all(
      tx.db
        .selectFrom('messages')
        .innerJoin('chats', 'chats.id', 'messages.chat_id')
        .select(['messages.id', 'chat_id', 'role', 'parts', 'owner_id', 'hidden_at'])
        .where('messages.id', '>', after)
        .orderBy('messages.id')
        .limit(BATCH_MESSAGES),
    );
    for (const message of messages) {
      yield* indexMessage(tx, { ...message, id: message.chat_id }, message);
    }
    const last = messages.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

/** Lets a user search the shelf of another user whose chats they have taken over. */
export function* shareShelf(tx: Context, userId: string, otherId: string): Transaction<void> {
  yield* execute(tx.db.insertInto('search_shelves').values({ user_id: userId, shelf: shelfOf(otherId) }));
}

/** Hidden chats are not indexed, because a search must not find them. */
function* insertWords(
  { db }: Context,
  chat: IndexedChat,
  messageId: string | null,
  words: { title: string[]; body: string[] },
): Transaction<void> {
  if (chat.hidden_at !== null) return;
  const entry = { chatId: chat.id, messageId, shelf: shelfOf(chat.owner_id), ...words };
  yield* db.isPostgres ? insertVector(db, entry) : insertFullText(db, entry);
}

function foldedWordsOf(text: string): string[] {
  const words: string[] = [];
  for (const { folded } of wordsOf(text)) words.push(folded);
  return words;
}
