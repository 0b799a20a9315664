import { describe, expect, test } from 'vitest';
import { parseDollars, parseTokens } from './amounts.ts';
import { daysOfMonth, formatReset } from './calendar.ts';
import { toDollarInput, formatDollars } from './dollars.ts';

test.each([
  [0, '$0.00'],
  [1, '$0.000001'],
  [4_120, '$0.00412'],
  [4_800, '$0.00480'],
  [12_300, '$0.0123'],
  [123_456, '$0.12'],
  [500_000, '$0.50'],
  [1_250_000, '$1.25'],
  [1_234_567_890, '$1,234.57'],
])('%i micro-dollars are shown as %s', (costMicros, text) => {
  expect(formatDollars(costMicros)).toBe(text);
});

describe('typed amounts', () => {
  test.each([
    ['20000', 20_000],
    [' 0 ', 0],
    ['1.5', null],
    ['20,000', null],
    ['-5', null],
    ['', null],
    ['9999999999999', null],
  ])('%j is %j tokens', (text, tokens) => {
    expect(parseTokens(text)).toBe(tokens);
  });

  test.each([
    ['1.25', 1_250_000],
    ['$3', 3_000_000],
    ['0.000001', 1],
    ['0.0000001', null],
    ['1,5', null],
    ['', null],
    ['1000001', null],
  ])('%j is %j micro-dollars', (text, costMicros) => {
    expect(parseDollars(text)).toBe(costMicros);
  });

  test.each([1, 4_120, 1_250_000])(
    'an amount shown in a field is parsed to the same amount: %i',
    (costMicros) => {
      expect(parseDollars(toDollarInput(costMicros))).toBe(costMicros);
    },
  );
});

test('a month has all its days, also in a leap year', () => {
  expect(daysOfMonth('2028-03-01T00:00:00.000Z')).toHaveLength(29);
  const days = daysOfMonth('2027-01-01T00:00:00.000Z');
  expect([days.length, days[0], days.at(-1)]).toEqual([31, '2026-12-01', '2026-12-31']);
});

test('a budget resets on the first of a month in UTC, in every time zone', () => {
  expect(formatReset('2026-12-01T00:00:00.000Z')).toBe('December 1');
});
