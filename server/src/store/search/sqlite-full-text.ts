/** Search in SQLite: FTS5, whose own words are ours, with spaces between. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Term } from '../../core/search-words.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';

/** What is found under a position. */
export interface Indexed {
  position: number;
  chatId: string;
  title: readonly string[];
  body: readonly string[];
}

/** A shelf is the user who had the chat when it was written in, as one word: what is searched is a shelf, not the whole index. */
export const shelfOf = (userId: string) => userId.replaceAll('-', '');

const insertRow = prepared((db, row: { position: number; chatId: string; title: string; body: string }) =>
  db
    .insertInto('search_index')
    .columns(['rowid', 'shelf', 'title', 'body'])
    .expression(
      db
        .selectFrom('chats')
        .select([
          sql<number>`${row.position}`.as('position'),
          sql<string>`replace(owner_id, '-', '')`.as('shelf'),
          sql<string>`${row.title}`.as('title'),
          sql<string>`${row.body}`.as('body'),
        ])
        .where('id', '=', row.chatId),
    ),
);

export function insertFullText(db: QueryBuilder, { title, body, ...place }: Indexed) {
  return insertRow(db, { ...place, title: title.join(' '), body: body.join(' ') });
}

/** In the order in which they are found. */
export function fullTextMatches(shelves: readonly string[], terms: readonly Term[]): RawBuilder<boolean>[] {
  const beginnings = terms.map((term) => quoted(term, term.isBeginning)).join(' AND ');
  const whole = terms.map((term) => quoted(term, false)).join(' AND ');
  const ranks = [`title : (${beginnings})`, `body : (${whole})`];
  if (terms.some(({ isBeginning }) => isBeginning)) {
    ranks.push(`(body : (${beginnings})) NOT (body : (${whole}))`);
  }
  const own = shelves.map((shelf) => `"${shelf}"`).join(' OR ');
  return ranks.map((rank) => sql<boolean>`search_index match ${`shelf : (${own}) AND (${rank})`}`);
}

function quoted({ words }: Term, isBeginning: boolean): string {
  const phrase = `"${words.join(' ').replaceAll('"', '""')}"`;
  // Too much begins with a single letter.
  return isBeginning && phrase.length > 3 ? `${phrase}*` : phrase;
}
