import { expect, test } from 'vitest';
import { createOperatorPass, isOperatorPass } from './operator-pass.ts';

const SECRET = 'a secret of a data dir';
const NOW = 1_800_000_000_000;
const QUARTER_HOUR = 900_000;

test('a pass is good for a quarter of an hour, where its secret is', () => {
  const pass = createOperatorPass(SECRET, NOW);
  expect(isOperatorPass(SECRET, pass, NOW)).toBe(true);
  expect(isOperatorPass(SECRET, pass, NOW + QUARTER_HOUR - 1)).toBe(true);
  expect(isOperatorPass(SECRET, pass, NOW + QUARTER_HOUR)).toBe(false);
  expect(isOperatorPass('another secret', pass, NOW)).toBe(false);
});

test('nothing can be changed about it', () => {
  const [until = '', signature = ''] = createOperatorPass(SECRET, NOW).split('.');
  const forged = [
    `${Number(until) + 1}.${signature}`,
    `0${until}.${signature}`,
    `${until}.`,
    until,
    '',
    `${until}.${signature}.`,
  ];
  expect(forged.filter((pass) => isOperatorPass(SECRET, pass, NOW))).toEqual([]);
});
