import type { Usage } from '@millrace/protocol';
import { expect, test } from 'vitest';
import { affordableOutput, costOf, maxCost } from './cost.ts';
import { ZERO_USAGE } from './usage.ts';

/** Micro-dollars per million tokens. */
const PRICES = { input: 2_000_000, output: 10_000_000, cached: 100_000 };

function usage(changes: Partial<Usage>): Usage {
  return { ...ZERO_USAGE, ...changes };
}

test.each([
  ['a prompt', { promptTokens: 1000 }, 2000],
  ['a prompt half of which was cached', { promptTokens: 1000, cachedTokens: 500 }, 1050],
  ['more cached than there is', { promptTokens: 10, cachedTokens: 20 }, 1],
  ['output', { outputTokens: 7 }, 70],
  ['thoughts', { thoughtTokens: 7 }, 70],
  ['tool use', { toolUseTokens: 7 }, 14],
  [
    'all of it',
    { promptTokens: 12, cachedTokens: 2, outputTokens: 30, thoughtTokens: 5, toolUseTokens: 3 },
    377,
  ],
  ['a millionth of a micro-dollar', { promptTokens: 1, cachedTokens: 1 }, 1],
  ['nothing', {}, 0],
])('%s has the right cost in whole micro-dollars', (_what, used, costMicros) => {
  expect(costOf(usage(used), PRICES)).toBe(costMicros);
});

test('the cost of a million tokens at the highest possible price is exact', () => {
  const expensive = { input: 999_999_999_999, output: 999_999_999_999, cached: 0 };
  expect(costOf(usage({ promptTokens: 1_000_000, outputTokens: 1 }), expensive)).toBe(1_000_000_999_999);
});

test('affordable output never costs more than the budget', () => {
  for (const costMicros of [0, 999, 1000, 123_457]) {
    const output = affordableOutput(costMicros, 400, PRICES);
    if (output >= 0) expect(maxCost(400, output, PRICES)).toBeLessThanOrEqual(costMicros);
    else expect(maxCost(400, 0, PRICES)).toBeGreaterThan(costMicros);
  }
});
