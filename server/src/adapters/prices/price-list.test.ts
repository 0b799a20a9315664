import { expect, test } from 'vitest';
import { PriceList, PriceListError } from './price-list.ts';

const DECEMBER = Date.UTC(2026, 11, 1);

const list = (entries: object[]) => new PriceList(JSON.stringify({ models: { one: entries } }));
const entry = (changes: object = {}) => ({
  from: '2026-01-01',
  input: '1',
  output: '2',
  cached: '0.1',
  ...changes,
});

test('the built-in prices apply from their dates on', () => {
  const prices = PriceList.read(null);
  expect(prices.of('gemini-4-argon', DECEMBER - 1)).toEqual({
    input: 2_000_000,
    output: 10_000_000,
    cached: 100_000,
  });
  expect(prices.of('gemini-4-argon', DECEMBER)).toEqual({
    input: 4_000_000,
    output: 20_000_000,
    cached: 200_000,
  });
  expect(prices.of('gemini-3.8-flash', DECEMBER)).toEqual({
    input: 750_000,
    output: 3_750_000,
    cached: 75_000,
  });
});

test('a version of a model has the price of the model; an unknown model has none', () => {
  const prices = list([entry()]);
  expect(prices.of('one-002', DECEMBER)).toEqual(prices.of('one', DECEMBER));
  expect(prices.of('one-large', DECEMBER)).toBeNull();
  expect(prices.of('one', Date.UTC(2025, 11, 31))).toBeNull();
});

test.each([
  ['a negative price', [entry({ output: '-2' })], 'models.one.0.output'],
  ['a price that is not a number', [entry({ input: 'free' })], 'models.one.0.input'],
  ['a float', [entry({ input: 0.1 })], 'models.one.0.input'],
  ['a price below a micro-dollar', [entry({ cached: '0.0000001' })], 'models.one.0.cached'],
  ['a price that is missing', [{ from: '2026-01-01', input: '1', output: '2' }], 'models.one.0.cached'],
  ['an invalid date', [entry({ from: 'soon' })], 'models.one.0.from'],
  ['dates out of order', [entry({ from: '2026-02-01' }), entry()], 'models.one'],
  ['a repeated date', [entry(), entry()], 'models.one'],
  ['an empty list of prices', [], 'models.one'],
  ['an unknown field', [entry({ image: '1' })], 'models.one.0'],
])('%s is refused with its path', (_what, entries, where) => {
  expect(() => list(entries)).toThrow(PriceListError);
  expect(() => list(entries)).toThrow(where);
});
