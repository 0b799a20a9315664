import type { SearchSnippet } from '@millrace/protocol';
import { wordsOf } from './search-words.ts';
import type { Term, Word } from './search-words.ts';

/** In UTF-16 units. */
const LENGTH = 180;
/** What of it stands before the first hit, about. */
const LEAD = 40;
/** Of a text that is full of them, so many are looked at. */
const MOST_HITS = 500;

interface Hit {
  start: number;
  end: number;
  term: number;
}

/** A piece of a text around what was looked for: that in which most of it stands together. */
export function snippetOf(text: string, terms: readonly Term[]): SearchSnippet {
  const hits = hitsIn(text, terms);
  const from = startOfPiece(text, bestStart(hits));
  const to = text.length - from <= LENGTH ? text.length : wholeCharacter(text, from + LENGTH);
  const lead = from > 0 ? '…' : '';
  const piece = text.slice(from, to).replaceAll(/\s/gu, ' ');
  const highlights = hits
    .filter(({ start, end }) => start >= from && end <= to)
    .map(({ start, end }) => ({ start: start - from + lead.length, end: end - from + lead.length }));
  return { text: `${lead}${piece}${to < text.length ? '…' : ''}`, highlights };
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
    // Those of which one goes over into the next are marked as one.
    const last = hits.at(-1);
    if (last?.term === term && last.end > first.start) last.end = word.end;
    else if (last === undefined || last.end <= first.start)
      hits.push({ start: first.start, end: word.end, term });
    if (hits.length === MOST_HITS) break;
  }
  return hits;
}

function endsWith(recent: readonly Word[], { words, isBeginning }: Term): boolean {
  const end = recent.slice(-words.length);
  if (end.length < words.length) return false;
  return end.every(({ folded }, index) => {
    const wanted = words[index] ?? '';
    return isBeginning ? folded.startsWith(wanted) : folded === wanted;
  });
}

/** Of the hits, where that begins from which on most terms are near. */
function bestStart(hits: readonly Hit[]): number {
  let best = 0;
  let most = 0;
  for (const [index, { start }] of hits.entries()) {
    const near = new Set<number>();
    for (let other = index; other < hits.length; other += 1) {
      const hit = hits[other];
      if (hit === undefined || hit.end > start + LENGTH - LEAD) break;
      near.add(hit.term);
    }
    if (near.size <= most) continue;
    most = near.size;
    best = start;
  }
  return best;
}

/** Some way before a hit, at the beginning of a word. */
function startOfPiece(text: string, hit: number): number {
  if (hit <= LEAD) return 0;
  const space = text.slice(hit - LEAD, hit).search(/\s/u);
  return space < 0 ? wholeCharacter(text, hit - LEAD) : hit - LEAD + space + 1;
}

/** Never through a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at - 1 : at;
}
