import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Overlap } from './overlap.ts';

function joined(said: string, pieces: readonly string[]): string {
  const overlap = new Overlap(said);
  let text = said;
  for (const piece of pieces) text += overlap.add(piece);
  return text + overlap.end();
}

test.each([
  ['nothing repeated', 'The wheel turns slowly', [' and', ' evenly.'], 'The wheel turns slowly and evenly.'],
  [
    'the last words repeated',
    'The wheel turns slowly',
    ['turns slowly and evenly.'],
    'The wheel turns slowly and evenly.',
  ],
  [
    'repeated in small pieces',
    'The wheel turns slowly',
    'turns slowly on.'.split(''),
    'The wheel turns slowly on.',
  ],
  ['all of it repeated', 'The wheel turns slowly', ['The wheel turns slowly.'], 'The wheel turns slowly.'],
  [
    'a beginning that only looks alike',
    'The wheel turns slowly',
    ['The wheel is wet.'],
    'The wheel turns slowlyThe wheel is wet.',
  ],
  ['too little to be meant', 'a banana', ['na split'], 'a bananana split'],
  ['the end itself and no more', 'The wheel turns slowly', ['turns slowly'], 'The wheel turns slowly'],
  ['nothing at all', 'The wheel turns', [], 'The wheel turns'],
  [
    'the longest of several',
    'so it goes, and so it goes, ',
    ['so it goes, and so it goes, on'],
    'so it goes, and so it goes, on',
  ],
])('%s', (_what, said, pieces, whole) => {
  expect(joined(said, pieces)).toBe(whole);
});

test('whatever of the end is repeated, in whatever pieces, the joined text has it once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1_000_000), { minLength: 8, maxLength: 40 }),
      fc.nat(),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      (numbers, where, sizes) => {
        // Words that are each of its kind, so that an overlap is no chance.
        const words = numbers.map((number, index) => `word${index}x${number} `).join('');
        const cut = 14 + (where % (words.length - 14));
        const from = Math.max(0, cut - 14 - (where % 200));
        const rest = words.slice(from);
        const pieces: string[] = [];
        for (let start = 0, turn = 0; start < rest.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(rest.slice(start, start + size));
          start += size;
        }
        expect(joined(words.slice(0, cut), pieces)).toBe(words);
      },
    ),
  );
});
