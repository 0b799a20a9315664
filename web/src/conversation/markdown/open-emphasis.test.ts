import { expect, test } from 'vitest';
import { costGrowth, MAX_LINEAR_GROWTH } from './cost-growth.fixture.ts';
import { closeOpenEmphasis } from './open-emphasis.ts';

test.each([
  ['Some **bo', 'Some **bo**'],
  ['Some **', 'Some '],
  ['Some *', 'Some '],
  ['Some **bold and *b', 'Some **bold and *b***'],
  ['Some **bold and *both*', 'Some **bold and *both***'],
  ['Some **bold and *both**', 'Some **bold and *both***'],
  ['Some **bold*', 'Some **bold**'],
  ['Some **bold ', 'Some **bold** '],
  ['Some **bold** and', 'Some **bold** and'],
  ['_so_ and __so', '_so_ and __so__'],
  ['~~gone', '~~gone~~'],
  ['~~gone~', '~~gone~~'],
  ['about ~', 'about ~'],
  ['2 * 3 is 6', '2 * 3 is 6'],
  ['snake_case_name', 'snake_case_name'],
  ['* one\n* **two', '* one\n* **two**'],
  ['- a **b\n- c', '- a **b\n- c'],
  ['see `a * b', 'see `a * b'],
  ['so `', 'so '],
  ['so `a` and ``', 'so `a` and '],
  ['see `**` and **b', 'see `**` and **b**'],
  ['**see [the *site](streamdown:incomplete-link)', '**see [the *site*](streamdown:incomplete-link)**'],
  ['so $a**b', 'so $a**b**'],
  ['$$\na_b **c', '$$\na_b **c'],
  ['```\n**a', '```\n**a'],
  ['\\*\\*so', '\\*\\*so'],
])('%j is shown as %j', (text, shown) => expect(closeOpenEmphasis(text)).toBe(shown));

test.each(['*a', '**a ', '_a ', '[', '`', '~~a', '$', '***', '](', '<a', '*a_b'])(
  'many %j are closed in linear time',
  (mark) => expect(costGrowth(mark, closeOpenEmphasis)).toBeLessThan(MAX_LINEAR_GROWTH),
);
