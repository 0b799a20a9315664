/** Search in SQLite: an FTS5 index of the words that we have split off ourselves, separated by spaces. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Term } from '../../core/search-words.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { execute } from '../transaction.ts';
import type { Transaction } from '../transaction.ts';
import type { IndexEntry } from './shelf.ts';

const insertEntry = prepared((db, entry: { chatId: string; messageId: string | null }) =>
  db.insertInto('search_entries').values({ chat_id: entry.chatId, message_id: entry.messageId }),
);

// SQLite would flush the index for `insert … returning` and `insert … select`.
const insertWords = prepared((db, words: { shelf: string; title: string; body: string }) =>
  db.insertInto('search_index').values({ rowid: sql<number>`last_insert_rowid()`, ...words }),
);

export function* insertFullText(
  db: QueryBuilder,
  { chatId, messageId, shelf, title, body }: IndexEntry,
): Transaction<void> {
  yield* execute(insertEntry(db, { chatId, messageId }));
  yield* execute(insertWords(db, { shelf, title: title.join(' '), body: body.join(' ') }));
}

/** Conditions for the ranks of a search, in the order in which their results are listed. */
export function fullTextMatches(shelves: readonly string[], terms: readonly Term[]): RawBuilder<boolean>[] {
  const prefixes = terms.map((term) => quoted(term, term.isPrefix)).join(' AND ');
  const whole = terms.map((term) => quoted(term, false)).join(' AND ');
  const ranks = [`title : (${prefixes})`, `body : (${whole})`];
  if (terms.some(({ isPrefix }) => isPrefix)) {
    ranks.push(`(body : (${prefixes})) NOT (body : (${whole}))`);
  }
  const own = shelves.map((shelf) => `"${shelf}"`).join(' OR ');
  return ranks.map((rank) => sql<boolean>`search_index match ${`shelf : (${own}) AND (${rank})`}`);
}

function quoted({ words }: Term, isPrefix: boolean): string {
  const phrase = `"${words.join(' ').replaceAll('"', '""')}"`;
  // Too many words begin with a single letter.
  return isPrefix && phrase.length > 3 ? `${phrase}*` : phrase;
}
