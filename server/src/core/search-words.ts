import { messageText } from '@millrace/protocol';
import type { MessagePart } from '@millrace/protocol';

/** A word of a text, as the search index stores it. */
export interface Word {
  /** In lower case, without the accents of Latin, Greek and Cyrillic letters. */
  folded: string;
  /** Offsets in the text in UTF-16 units; `end` is exclusive. */
  start: number;
  end: number;
  /** Whether the word is one character of a script without spaces, or an emoji. */
  isSign: boolean;
}

/** A search term. */
export interface Term {
  /** Adjacent words, in this order. */
  words: readonly string[];
  /** Whether the term also matches longer words that start with it. */
  isPrefix: boolean;
}

const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'];
const SIGN = `(?=[\\p{L}\\p{N}])[${UNSPACED.map((script) => `\\p{scx=${script}}`).join('')}]\\p{M}*`;
const WORDS = new RegExp(
  `(?<sign>${SIGN}|\\p{RI}{2}|\\p{Extended_Pictographic})|(?:(?!${SIGN})[\\p{L}\\p{N}\\p{M}])+`,
  'gu',
);

/** Longer words are data; only their start is indexed. */
const MAX_WORD_CHARS = 40;
const MAX_TERMS = 12;

/** The searchable text of a message: its text and the names of its files. */
export function searchableText(parts: MessagePart[]): string {
  const names = parts.flatMap((part) => ('name' in part && part.name ? [part.name] : []));
  return [messageText({ parts }), ...names].join('\n').trimStart();
}

/** Yields the words of a text in order. */
export function* wordsOf(text: string): Generator<Word> {
  for (const match of text.matchAll(WORDS)) {
    const [word] = match;
    const start = match.index;
    const isSign = match.groups?.['sign'] !== undefined;
    const folded = fold(word).slice(0, MAX_WORD_CHARS);
    // Folding leaves nothing of a lone accent.
    if (folded !== '') yield { folded, start, end: start + word.length, isSign };
  }
}

/**
 * The search terms of a query, which has no syntax. A word matches as a prefix; adjacent characters of a script without spaces, such as a
 * Chinese word, match as they are. Empty when the query has no word.
 */
export function termsOf(query: string): Term[] {
  const terms: { words: string[]; isPrefix: boolean }[] = [];
  let before: Word | null = null;
  for (const word of wordsOf(query)) {
    const last = terms.at(-1);
    if (last && word.isSign && before?.isSign && before.end === word.start) last.words.push(word.folded);
    else terms.push({ words: [word.folded], isPrefix: !word.isSign });
    before = word;
  }
  const unique = new Map(terms.map((term) => [term.words.join(' '), term]));
  return [...unique.values()].slice(0, MAX_TERMS);
}

function fold(word: string): string {
  // A fast path: most words are ASCII.
  if (/^[\0-\x7f]*$/.test(word)) return word.toLowerCase();
  return word
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase();
}
