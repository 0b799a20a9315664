import type { Usage } from '@millrace/protocol';
import { expect, test } from 'vitest';
import { TokenMeter } from './token-meter.ts';

/** 7 tokens by the estimate. */
const SEVEN = 'one two three four five';
const PROMPT = 40;

function report(promptTokens: number, outputTokens: number, more: Partial<Usage> = {}): Usage {
  const parts = { promptTokens, cachedTokens: 0, outputTokens, thoughtTokens: 0, toolUseTokens: 0, ...more };
  const { thoughtTokens, toolUseTokens } = parts;
  return { ...parts, totalTokens: promptTokens + outputTokens + thoughtTokens + toolUseTokens };
}

type Step = string | Usage | { thought: string };

function meter(...steps: Step[]): TokenMeter {
  const metered = new TokenMeter(PROMPT);
  for (const step of steps) {
    if (typeof step === 'string') metered.text(step);
    else if ('thought' in step) metered.thought(step.thought);
    else metered.report(step);
  }
  return metered;
}

const whole = { isFinal: true, assumePromptUsed: false };
const broken = { isFinal: false, assumePromptUsed: false };
const stopped = { isFinal: false, assumePromptUsed: true };

test.each<[string, TokenMeter, typeof whole, number | null, string]>([
  ['a final report', meter('a', report(12, 3), SEVEN, report(12, 9)), whole, 21, 'provider'],
  [
    'a final report with cached tokens, thoughts and tool use',
    meter(SEVEN, report(12, 9, { cachedTokens: 8, thoughtTokens: 5, toolUseTokens: 2 })),
    whole,
    28,
    'provider',
  ],
  [
    'a final report without output for a reply that has text',
    meter(SEVEN, report(12, 0)),
    whole,
    12 + 7,
    'estimate',
  ],
  ['a final report without output for a reply without text', meter(report(12, 0)), whole, 12, 'provider'],
  ['a broken reply right after a report', meter(SEVEN, report(12, 9)), broken, 21, 'estimate'],
  [
    'a broken reply with text after the report',
    meter('a', report(12, 2), ` ${SEVEN}`),
    broken,
    12 + 2 + 5,
    'estimate',
  ],
  [
    'a broken reply with thoughts after the report',
    meter({ thought: SEVEN }, report(12, 0, { thoughtTokens: 4 }), { thought: ` ${SEVEN}` }),
    broken,
    12 + 4 + 5,
    'estimate',
  ],
  ['a stop with text but no report', meter(SEVEN), stopped, PROMPT + 7 + 10, 'estimate'],
  ['a stop before any output', meter(), stopped, PROMPT + 10, 'estimate'],
  ['a failure before any output', meter(), broken, null, 'estimate'],
])('meters %s', (_what, metered, reading, total, source) => {
  const { usage, usageSource } = metered.read(reading);
  expect(usage?.totalTokens ?? null).toBe(total);
  expect(usageSource).toBe(source);
  if (usage === null) return;
  const { promptTokens, outputTokens, thoughtTokens, toolUseTokens } = usage;
  expect(promptTokens + outputTokens + thoughtTokens + toolUseTokens).toBe(usage.totalTokens);
});

test('the count so far grows with the text and follows the reports', () => {
  const metered = new TokenMeter(PROMPT);
  expect(metered.tokensSoFar).toBe(PROMPT);
  metered.text(SEVEN);
  expect(metered.tokensSoFar).toBe(PROMPT + 7);
  metered.report(report(12, 30));
  expect(metered.tokensSoFar).toBe(42);
  metered.text(` ${SEVEN}`);
  expect(metered.tokensSoFar).toBe(42 + 5);
});
