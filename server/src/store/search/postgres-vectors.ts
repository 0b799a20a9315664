/** Search in PostgreSQL: text search vectors of our own words, in one GIN index. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Term } from '../../core/search-words.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import type { Indexed } from './sqlite-full-text.ts';

/** A vector holds less than 1 MB: so many bytes of words and places are taken, and the rest of a text isn't found. */
const MOST_BYTES = 900_000;
/** What a place takes, and what a word takes beside its letters. */
const PLACE_BYTES = 2;
const WORD_BYTES = 8;

/** The weights by which words of titles are told from those of messages. */
const TITLE = 'A';
const BODY = 'B';

const insertRow = prepared((db, row: { position: number; chatId: string; words: string }) =>
  db
    .insertInto('search_index')
    .columns(['rowid', 'words'])
    .expression(
      db
        .selectFrom('chats')
        .select([
          sql<number>`cast(${row.position} as bigint)`.as('position'),
          sql<string>`('@' || replace(owner_id, '-', '') || ' ' || ${row.words})::tsvector`.as('words'),
        ])
        .where('id', '=', row.chatId),
    ),
);

export function insertVector(db: QueryBuilder, { title, body, ...place }: Indexed) {
  return insertRow(db, { ...place, words: `${vectorOf(title, TITLE)} ${vectorOf(body, BODY)}` });
}

/** Words with their places, as `'mill':1A,7A 'race':2A`. */
function vectorOf(words: readonly string[], weight: string): string {
  const places = new Map<string, string[]>();
  let bytes = 0;
  for (const [index, word] of words.entries()) {
    const known = places.get(word);
    bytes += PLACE_BYTES + (known === undefined ? Buffer.byteLength(word) + WORD_BYTES : 0);
    if (bytes > MOST_BYTES) break;
    if (known === undefined) places.set(word, [`${index + 1}${weight}`]);
    else known.push(`${index + 1}${weight}`);
  }
  return [...places].map(([word, at]) => `${lexeme(word)}:${at.join(',')}`).join(' ');
}

/** In the order in which they are found. */
export function vectorMatches(shelves: readonly string[], terms: readonly Term[]): RawBuilder<boolean>[] {
  const allOf = (weight: string, mayBegin: boolean) =>
    terms.map((term) => phrase(term, mayBegin && term.isBeginning, weight)).join(' & ');
  const whole = allOf(BODY, false);
  const ranks = [allOf(TITLE, true), whole];
  if (terms.some(({ isBeginning }) => isBeginning)) ranks.push(`${allOf(BODY, true)} & !(${whole})`);
  const own = shelves.map((shelf) => lexeme(`@${shelf}`)).join(' | ');
  return ranks.map((rank) => sql<boolean>`search_index.words @@ ${`(${own}) & (${rank})`}::tsquery`);
}

function phrase({ words }: Term, isBeginning: boolean, weight: string): string {
  const last = words.length - 1;
  const lexemes = words.map((word, index) => {
    // Too much begins with a single letter.
    const mayGoOn = isBeginning && index === last && (word.length > 1 || last > 0);
    return `${lexeme(word)}:${mayGoOn ? '*' : ''}${weight}`;
  });
  return `(${lexemes.join(' <-> ')})`;
}

function lexeme(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
