/** Search in SQLite: an FTS5 index of the words that we have split off ourselves, separated by spaces. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Term } from '../../core/search-words.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';

/** The words of one entry of the index. */
export interface IndexedWords {
  position: number;
  shelf: string;
  title: readonly string[];
  body: readonly string[];
}

/**
 * The part of the index that holds the words of one user's chats: the id of the user who owned the chat when the words were
 * written, as one word. A search covers the shelves of one user, not the whole index.
 */
export const shelfOf = (userId: string) => userId.replaceAll('-', '');

const insertRow = prepared((db, row: { position: number; shelf: string; title: string; body: string }) =>
  db
    .insertInto('search_index')
    .columns(['rowid', 'shelf', 'title', 'body'])
    .expression(
      db.selectNoFrom([
        sql<number>`${row.position}`.as('rowid'),
        sql<string>`${row.shelf}`.as('shelf'),
        sql<string>`${row.title}`.as('title'),
        sql<string>`${row.body}`.as('body'),
      ]),
    ),
);

export function insertFullText(db: QueryBuilder, { title, body, ...entry }: IndexedWords) {
  return insertRow(db, { ...entry, title: title.join(' '), body: body.join(' ') });
}

/** Conditions for the ranks of a search, in the order in which their results are listed. */
export function fullTextMatches(shelves: readonly string[], terms: readonly Term[]): RawBuilder<boolean>[] {
  const prefixes = terms.map((term) => quoted(term, term.isBeginning)).join(' AND ');
  const whole = terms.map((term) => quoted(term, false)).join(' AND ');
  const ranks = [`title : (${prefixes})`, `body : (${whole})`];
  if (terms.some(({ isBeginning }) => isBeginning)) {
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
