import { describe, expect, test } from 'vitest';
import { costGrowth, MAX_LINEAR_GROWTH } from './cost-growth.fixture.ts';
import { normalizeMath, removeUnfinishedMath } from './math-delimiters.ts';

describe('a `$` that is a currency sign is escaped', () => {
  test.each([
    ['It costs $5.', 'It costs \\$5.'],
    ['Between $5 and $10.', 'Between \\$5 and \\$10.'],
    ['$5-$10', '\\$5-\\$10'],
    ['$1,000 for two (US$)', '\\$1,000 for two (US\\$)'],
    ['a $ alone', 'a \\$ alone'],
    ['already \\$5', 'already \\$5'],
    ['$5 here\n\nand 7$ there', '\\$5 here\n\nand 7\\$ there'],
  ])('%s', (text, marked) => expect(normalizeMath(text)).toBe(marked));
});

describe('all notations of formulas are normalized', () => {
  test.each([
    ['so $x^2$ is', 'so $x^2$ is'],
    ['$n$ and $m$', '$n$ and $m$'],
    ['$5 + 3 = 8$', '$5 + 3 = 8$'],
    ['so \\(x^2\\) is', 'so $x^2$ is'],
    ['\\[\nx = 1\n\\]', '$$\nx = 1\n$$'],
    ['$$\na & b $5\n$$ then $5', '$$\na & b $5\n$$ then \\$5'],
    ['for $5 you get $x^2$', 'for \\$5 you get $x^2$'],
  ])('%s', (text, marked) => expect(normalizeMath(text)).toBe(marked));
});

describe('code stays unchanged', () => {
  test.each([
    '`$5`',
    '``a ` $5``',
    '```sh\necho $HOME\n```',
    '- ```sh\n  echo $5\n  ```',
    '~~~\n$5',
    '`\\(x\\)`',
  ])('%s', (text) => expect(normalizeMath(text)).toBe(text));
});

test('text after code is normalized again', () => {
  expect(normalizeMath('```\n$1\n```\n$2 `$3` $4')).toBe('```\n$1\n```\n\\$2 `$3` \\$4');
});

test.each(['$', '` `` ', '\\(', '$a', '\\[ '])('many unclosed %j are normalized in linear time', (mark) =>
  expect(costGrowth(mark, normalizeMath)).toBeLessThan(MAX_LINEAR_GROWTH),
);

test.each([
  ['so $x^', 'so '],
  ['so $', 'so '],
  ['so \\(x', 'so '],
  ['so $x$ and $y', 'so $x$ and '],
  ['so $x$', 'so $x$'],
  ['for $5 and', 'for $5 and'],
  ['in `code $x', 'in `code $x'],
])('while it is streamed %j is shown as %j', (text, shown) => expect(removeUnfinishedMath(text)).toBe(shown));
