import type { MessagePart } from '@millrace/protocol';
import { sql } from 'kysely';
import { findableIn, wordsOf } from '../../core/search-words.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { MessageRow } from '../schema.ts';
import { insertFullText, shelfOf } from './sqlite-full-text.ts';
import { insertVector } from './postgres-vectors.ts';
import { all, execute, first } from '../transaction.ts';
import type { Script } from '../transaction.ts';

/** Messages that one query of the migration reads. */
const AT_ONCE = 500;

const insertEntry = prepared((db, { chatId, messageId }: { chatId: string; messageId: string | null }) =>
  db
    .insertInto('search_entries')
    .columns(['chat_id', 'message_id'])
    .expression(
      db
        .selectFrom('chats')
        .select(['id', sql<string | null>`${messageId}`.as('message_id')])
        .where('id', '=', chatId)
        // Nobody is to find what nobody is to see.
        .where('hidden_at', 'is', null),
    )
    .returning('position'),
);

const deleteTitle = prepared((db, { chatId }: { chatId: string }) =>
  db.deleteFrom('search_entries').where('chat_id', '=', chatId).where('message_id', 'is', null),
);

/** Makes what a message says findable; call it in the transaction that writes it down, once. */
export function* indexMessage(
  db: QueryBuilder,
  { id, chat_id: chatId, role, parts }: Pick<MessageRow, 'id' | 'chat_id' | 'role' | 'parts'>,
): Script<void> {
  if (role === 'system' || parts === '[]') return;
  const body = foldedWordsOf(findableIn(JSON.parse(parts) as MessagePart[]));
  if (body.length > 0) yield* add(db, chatId, id, { title: [], body });
}

/** The same for the title of a chat, in the place of the one it had. */
export function* indexTitle(db: QueryBuilder, chatId: string, title: string): Script<void> {
  yield* execute(deleteTitle(db, { chatId }));
  const words = foldedWordsOf(title);
  if (words.length > 0) yield* add(db, chatId, null, { title: words, body: [] });
}

/** What was there before there was a search. */
export function* indexAll(db: QueryBuilder): Script<void> {
  const chats = yield* all(db.selectFrom('chats').select(['id', 'title']).where('title', 'is not', null));
  for (const { id, title } of chats) yield* indexTitle(db, id, title ?? '');
  for (let after = ''; ;) {
    const messages = yield* all(
      db
        .selectFrom('messages')
        .select(['id', 'chat_id', 'role', 'parts'])
        .where('id', '>', after)
        .orderBy('id')
        .limit(AT_ONCE),
    );
    for (const message of messages) yield* indexMessage(db, message);
    const last = messages.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

/** Lets a user find what stands on the shelf of another, whose chats they have got. */
export function* shareShelf(db: QueryBuilder, userId: string, otherId: string): Script<void> {
  yield* execute(db.insertInto('search_shelves').values({ user_id: userId, shelf: shelfOf(otherId) }));
}

function* add(
  db: QueryBuilder,
  chatId: string,
  messageId: string | null,
  words: { title: string[]; body: string[] },
): Script<void> {
  const entry = yield* first(insertEntry(db, { chatId, messageId }));
  if (entry === undefined) return;
  const indexed = { ...entry, chatId, ...words };
  yield* execute(db.isPostgres ? insertVector(db, indexed) : insertFullText(db, indexed));
}

function foldedWordsOf(text: string): string[] {
  const words: string[] = [];
  for (const { folded } of wordsOf(text)) words.push(folded);
  return words;
}
