import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RepeatedText } from './repeated-text.ts';

function joined(earlier: string, pieces: readonly string[]): string {
  const repeated = new RepeatedText(earlier);
  let text = earlier;
  for (const piece of pieces) text += repeated.add(piece);
  return text + repeated.end();
}

test.each([
  ['no repetition', 'The wheel turns slowly', [' and', ' evenly.'], 'The wheel turns slowly and evenly.'],
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
  [
    'the whole text repeated',
    'The wheel turns slowly',
    ['The wheel turns slowly.'],
    'The wheel turns slowly.',
  ],
  [
    'a beginning that only looks like a repetition',
    'The wheel turns slowly',
    ['The wheel is wet.'],
    'The wheel turns slowlyThe wheel is wet.',
  ],
  ['an overlap too short to be a repetition', 'a banana', ['na split'], 'a bananana split'],
  ['the repetition alone', 'The wheel turns slowly', ['turns slowly'], 'The wheel turns slowly'],
  ['no text', 'The wheel turns', [], 'The wheel turns'],
  [
    'the longest of several overlaps',
    'so it goes, and so it goes, ',
    ['so it goes, and so it goes, on'],
    'so it goes, and so it goes, on',
  ],
])('joins %s', (_what, earlier, pieces, whole) => {
  expect(joined(earlier, pieces)).toBe(whole);
});

test('the joined text has a repeated end once, with any length and any chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1_000_000), { minLength: 8, maxLength: 40 }),
      fc.nat(),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      (numbers, cutSeed, sizes) => {
        // Each word is unique, so that no overlap is a coincidence.
        const words = numbers.map((number, index) => `word${index}x${number} `).join('');
        const cut = 14 + (cutSeed % (words.length - 14));
        const from = Math.max(0, cut - 14 - (cutSeed % 200));
        const rest = words.slice(from);
        const pieces: string[] = [];
        for (let start = 0, index = 0; start < rest.length; index += 1) {
          const size = sizes[index % sizes.length] ?? 1;
          pieces.push(rest.slice(start, start + size));
          start += size;
        }
        expect(joined(words.slice(0, cut), pieces)).toBe(words);
      },
    ),
  );
});
