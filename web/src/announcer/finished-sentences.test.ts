import { expect, test } from 'vitest';
import { FinishedSentences } from './finished-sentences.ts';

/** The sentences returned while a text grows letter by letter. */
function read(text: string): string[] {
  const sentences = new FinishedSentences('en', 'Code');
  const returned: string[] = [];
  for (let length = 1; length <= text.length; length += 1)
    returned.push(...sentences.read(text.slice(0, length), false));
  return [...returned, ...sentences.read(text, true)];
}

test('a sentence is returned once, when the next one has begun', () => {
  const sentences = new FinishedSentences('en', 'Code');
  expect(sentences.read('The wheel tur', false)).toEqual([]);
  expect(sentences.read('The wheel turns. ', false)).toEqual([]);
  expect(sentences.read('The wheel turns. It gri', false)).toEqual(['The wheel turns.']);
  expect(sentences.read('The wheel turns. It grinds', false)).toEqual([]);
  expect(sentences.read('The wheel turns. It grinds', true)).toEqual(['It grinds']);
});

test('a decimal point doesn’t end a sentence', () => {
  expect(read('It is 3.5 metres high. It turns.')).toEqual(['It is 3.5 metres high.', 'It turns.']);
});

test('the end of a line ends a sentence, and Markdown syntax is left out', () => {
  expect(read('# A heading\n\n- **one**\n2. `two` of [these](https://example.org/)\n> quoted')).toEqual([
    'A heading',
    'one',
    'two of these',
    'quoted',
  ]);
});

test('tables are read without their lines', () => {
  expect(read('| a | b |\n| --- | :-: |\n| 1 | 2 |\n')).toEqual(['a b', '1 2']);
});

test('a code block is replaced by its name', () => {
  expect(read('Look. Here:\n```ts\nconst a = 1;\n\nrun();\n```\nDone.')).toEqual([
    'Look.',
    'Here:',
    'Code',
    'Done.',
  ]);
});

test('text in a language with other punctuation is split into sentences too', () => {
  expect(read('水车转动。它磨面。')).toEqual(['水车转动。', '它磨面。']);
});

test('skipped text is never returned', () => {
  const sentences = new FinishedSentences('en', 'Code');
  sentences.skip('Read before. And ');
  expect(sentences.read('Read before. And then this. More', false)).toEqual(['then this.']);
});
