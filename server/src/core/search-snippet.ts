import type { SearchSnippet } from '@millrace/protocol';
import { wordsOf } from './search-words.ts';
import type { Term, Word } from './search-words.ts';

const SNIPPET_CHARS = 180;
/** About how much of the snippet precedes the first hit. */
const LEAD_CHARS = 40;
const MAX_HITS = 500;

interface Hit {
  start: number;
  end: number;
  term: number;
}

/** The part of a text in which the most search terms are close together. */
export function snippetOf(text: string, terms: readonly Term[]): SearchSnippet {
  const hits = hitsIn(text, terms);
  const from = snippetStart(text, bestStart(hits));
  const to = text.length - from <= SNIPPET_CHARS ? text.length : wholeCharacter(text, from + SNIPPET_CHARS);
  const lead = from > 0 ? '…' : '';
  const snippet = text.slice(from, to).replaceAll(/\s/gu, ' ');
  const highlights = hits
    .filter(({ start, end }) => start >= from && end <= to)
    .map(({ start, end }) => ({ start: start - from + lead.length, end: end - from + lead.length }));
  return { text: `${lead}${snippet}${to < text.length ? '…' : ''}`, highlights };
}

function hitsIn(text: string, terms: readonly Term[]): Hit[] {
  const longest = Math.max(1, ...terms.map(({ words }) => words.length));
  const hits: Hit[] = [];
  const recent: Word[] = [];
  for (const word of wordsOf(text)) {
    recent.push(word);
    if (recent.length > longest) recent.shift();
    const term = terms.findIndex((each) => endsWith(recent, each));
    if (term < 0) continue;
    const first = recent.at(-(terms[term]?.words.length ?? 1)) ?? word;
    // Overlapping hits of one term are marked as one.
    const last = hits.at(-1);
    if (last?.term === term && last.end > first.start) last.end = word.end;
    else if (last === undefined || last.end <= first.start)
      hits.push({ start: first.start, end: word.end, term });
    if (hits.length === MAX_HITS) break;
  }
  return hits;
}

function endsWith(recent: readonly Word[], { words, isPrefix }: Term): boolean {
  const end = recent.slice(-words.length);
  if (end.length < words.length) return false;
  return end.every(({ folded }, index) => {
    const wanted = words[index] ?? '';
    return isPrefix ? folded.startsWith(wanted) : folded === wanted;
  });
}

/** The start of the hit after which the most terms are close. */
function bestStart(hits: readonly Hit[]): number {
  let best = 0;
  let most = 0;
  for (const [index, { start }] of hits.entries()) {
    const near = new Set<number>();
    for (let other = index; other < hits.length; other += 1) {
      const hit = hits[other];
      if (hit === undefined || hit.end > start + SNIPPET_CHARS - LEAD_CHARS) break;
      near.add(hit.term);
    }
    if (near.size <= most) continue;
    most = near.size;
    best = start;
  }
  return best;
}

/** A start of a word, about LEAD_CHARS before a hit. */
function snippetStart(text: string, hit: number): number {
  if (hit <= LEAD_CHARS) return 0;
  const space = text.slice(hit - LEAD_CHARS, hit).search(/\s/u);
  return space < 0 ? wholeCharacter(text, hit - LEAD_CHARS) : hit - LEAD_CHARS + space + 1;
}

/** An index that is not inside a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at - 1 : at;
}
