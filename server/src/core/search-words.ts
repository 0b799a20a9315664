import type { MessagePart } from '@millrace/protocol';
import { textOf } from './message-text.ts';

/** A word of a text as search knows it. */
export interface Word {
  /** Without case, and without the accents of Latin, Greek and Cyrillic. */
  folded: string;
  /** In UTF-16 units of the text; `end` is after its last. */
  start: number;
  end: number;
  /** Whether it is one sign of a script that writes no spaces, or an emoji. */
  isSign: boolean;
}

/** What a text has to have. */
export interface Term {
  /** One after the other, nothing in between. */
  words: readonly string[];
  /** Whether a longer word that begins so will do. */
  isBeginning: boolean;
}

const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'];
const SIGN = `(?=[\\p{L}\\p{N}])[${UNSPACED.map((script) => `\\p{scx=${script}}`).join('')}]\\p{M}*`;
const WORDS = new RegExp(
  `(?<sign>${SIGN}|\\p{RI}{2}|\\p{Extended_Pictographic})|(?:(?!${SIGN})[\\p{L}\\p{N}\\p{M}])+`,
  'gu',
);

/** What is longer is data rather than a word, and is known by its beginning. */
const LONGEST_WORD = 40;
const MOST_TERMS = 12;

/** What a message is found by: what it says, and what the files are called that came with it. */
export function findableIn(parts: MessagePart[]): string {
  const names = parts.flatMap((part) => ('name' in part && part.name ? [part.name] : []));
  return [textOf({ parts }), ...names].join('\n').trimStart();
}

/** The words of a text in order, one at a time. */
export function* wordsOf(text: string): Generator<Word> {
  for (const match of text.matchAll(WORDS)) {
    const [word] = match;
    const start = match.index;
    const isSign = match.groups?.['sign'] !== undefined;
    const folded = fold(word).slice(0, LONGEST_WORD);
    // Of accents that stand alone nothing is left.
    if (folded !== '') yield { folded, start, end: start + word.length, isSign };
  }
}

/**
 * What somebody who typed this looks for; nothing of it is syntax. A word is looked for by its beginning; signs that stand
 * together, as Chinese words do, as they stand. Empty when there is no word in it.
 */
export function termsOf(typed: string): Term[] {
  const terms: { words: string[]; isBeginning: boolean }[] = [];
  let before: Word | null = null;
  for (const word of wordsOf(typed)) {
    const last = terms.at(-1);
    if (last && word.isSign && before?.isSign && before.end === word.start) last.words.push(word.folded);
    else terms.push({ words: [word.folded], isBeginning: !word.isSign });
    before = word;
  }
  const once = new Map(terms.map((term) => [term.words.join(' '), term]));
  return [...once.values()].slice(0, MOST_TERMS);
}

function fold(word: string): string {
  // Most are of ASCII, and most time goes by here.
  if (/^[\0-\x7f]*$/.test(word)) return word.toLowerCase();
  return word
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase();
}
