import { expect, test } from 'vitest';
import { createOperatorPass, isOperatorPass } from './operator-pass.ts';

const SECRET = 'a secret of a data dir';
const NOW = 1_800_000_000_000;
const FIFTEEN_MINUTES_MS = 900_000;

test('a pass is valid for 15 minutes, and only with its secret', () => {
  const pass = createOperatorPass(SECRET, NOW);
  expect(isOperatorPass(SECRET, pass, NOW)).toBe(true);
  expect(isOperatorPass(SECRET, pass, NOW + FIFTEEN_MINUTES_MS - 1)).toBe(true);
  expect(isOperatorPass(SECRET, pass, NOW + FIFTEEN_MINUTES_MS)).toBe(false);
  expect(isOperatorPass('another secret', pass, NOW)).toBe(false);
});

test('a changed pass is invalid', () => {
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
