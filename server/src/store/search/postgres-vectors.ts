/** Search in PostgreSQL: text search vectors of the words that we have split off ourselves, in one GIN index. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { Term } from '../../core/search-words.ts';
import { prepared } from '../prepared.ts';
import type { QueryBuilder } from '../query-builder.ts';
import { execute } from '../transaction.ts';
import type { Transaction } from '../transaction.ts';
import type { IndexEntry } from './shelf.ts';

/** A vector holds less than 1 MB. Words beyond this size are not indexed. */
const MAX_VECTOR_BYTES = 900_000;
/** The size of one occurrence of a word, and of a word besides its letters. */
const OCCURRENCE_BYTES = 2;
const WORD_BYTES = 8;

/** The weights that distinguish words of titles from words of messages. */
const TITLE = 'A';
const BODY = 'B';

const insertEntryWithWords = prepared(
  (db, entry: { chatId: string; messageId: string | null; words: string }) =>
    db
      .with('entry', (query) =>
        query
          .insertInto('search_entries')
          .values({ chat_id: entry.chatId, message_id: entry.messageId })
          .returning('position'),
      )
      .insertInto('search_index')
      .columns(['rowid', 'words'])
      .expression((query) =>
        query
          .selectFrom('entry')
          .select(['entry.position', sql<string>`cast(${entry.words} as tsvector)`.as('words')]),
      ),
);

export function* insertVector(
  db: QueryBuilder,
  { chatId, messageId, shelf, title, body }: IndexEntry,
): Transaction<void> {
  const words = `${lexeme(`@${shelf}`)} ${vectorOf(title, TITLE)} ${vectorOf(body, BODY)}`;
  yield* execute(insertEntryWithWords(db, { chatId, messageId, words }));
}

/** Formats words with their occurrences, as `'mill':1A,7A 'race':2A`. */
function vectorOf(words: readonly string[], weight: string): string {
  const occurrences = new Map<string, string[]>();
  let bytes = 0;
  for (const [index, word] of words.entries()) {
    const known = occurrences.get(word);
    bytes += OCCURRENCE_BYTES + (known === undefined ? Buffer.byteLength(word) + WORD_BYTES : 0);
    if (bytes > MAX_VECTOR_BYTES) break;
    if (known === undefined) occurrences.set(word, [`${index + 1}${weight}`]);
    else known.push(`${index + 1}${weight}`);
  }
  return [...occurrences].map(([word, at]) => `${lexeme(word)}:${at.join(',')}`).join(' ');
}

/** Conditions for the ranks of a search, in the order in which their results are listed. */
export function vectorMatches(shelves: readonly string[], terms: readonly Term[]): RawBuilder<boolean>[] {
  const allOf = (weight: string, mayBePrefix: boolean) =>
    terms.map((term) => phrase(term, mayBePrefix && term.isPrefix, weight)).join(' & ');
  const whole = allOf(BODY, false);
  const ranks = [allOf(TITLE, true), whole];
  if (terms.some(({ isPrefix }) => isPrefix)) ranks.push(`${allOf(BODY, true)} & !(${whole})`);
  const own = shelves.map((shelf) => lexeme(`@${shelf}`)).join(' | ');
  return ranks.map((rank) => sql<boolean>`search_index.words @@ ${`(${own}) & (${rank})`}::tsquery`);
}

function phrase({ words }: Term, isPrefix: boolean, weight: string): string {
  const last = words.length - 1;
  const lexemes = words.map((word, index) => {
    // Too many words begin with a single letter.
    const mayContinue = isPrefix && index === last && (word.length > 1 || last > 0);
    return `${lexeme(word)}:${mayContinue ? '*' : ''}${weight}`;
  });
  return `(${lexemes.join(' <-> ')})`;
}

function lexeme(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
