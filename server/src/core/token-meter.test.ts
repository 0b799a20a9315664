import type { Usage } from '@millrace/protocol';
import { expect, test } from 'vitest';
import { TokenMeter } from './token-meter.ts';

/** Seven tokens by the estimate. */
const SEVEN = 'one two three four five';
const PROMPT = 40;

function report(promptTokens: number, outputTokens: number, more: Partial<Usage> = {}): Usage {
  const parts = { promptTokens, cachedTokens: 0, outputTokens, thoughtTokens: 0, toolUseTokens: 0, ...more };
  const { thoughtTokens, toolUseTokens } = parts;
  return { ...parts, totalTokens: promptTokens + outputTokens + thoughtTokens + toolUseTokens };
}

type Step = string | Usage | { thought: string };

function meter(...steps: Step[]): TokenMeter {
  const made = new TokenMeter(PROMPT);
  for (const step of steps) {
    if (typeof step === 'string') made.text(step);
    else if ('thought' in step) made.thought(step.thought);
    else made.report(step);
  }
  return made;
}

const whole = { isFinal: true, wasAsked: false };
const broken = { isFinal: false, wasAsked: false };
const stopped = { isFinal: false, wasAsked: true };

test.each<[string, TokenMeter, typeof whole, number | null, string]>([
  ['the model’s final word', meter('a', report(12, 3), SEVEN, report(12, 9)), whole, 21, 'provider'],
  [
    'a final word with cached, thoughts and tool use',
    meter(SEVEN, report(12, 9, { cachedTokens: 8, thoughtTokens: 5, toolUseTokens: 2 })),
    whole,
    28,
    'provider',
  ],
  [
    'a final word without output, though there was some',
    meter(SEVEN, report(12, 0)),
    whole,
    12 + 7,
    'estimate',
  ],
  ['a final word without output, when there was none', meter(report(12, 0)), whole, 12, 'provider'],
  ['a cut right after a report', meter(SEVEN, report(12, 9)), broken, 21, 'estimate'],
  ['a cut after more text', meter('a', report(12, 2), ` ${SEVEN}`), broken, 12 + 2 + 5, 'estimate'],
  [
    'a cut after more thoughts',
    meter({ thought: SEVEN }, report(12, 0, { thoughtTokens: 4 }), { thought: ` ${SEVEN}` }),
    broken,
    12 + 4 + 5,
    'estimate',
  ],
  ['a stop before any report', meter(SEVEN), stopped, PROMPT + 7 + 10, 'estimate'],
  ['a stop before anything', meter(), stopped, PROMPT + 10, 'estimate'],
  ['a failure before anything', meter(), broken, null, 'estimate'],
])('%s is metered', (_what, made, reading, total, usageSource) => {
  const { usage, usageSource: how } = made.read(reading);
  expect(usage?.totalTokens ?? null).toBe(total);
  expect(how).toBe(usageSource);
  if (usage === null) return;
  const { promptTokens, outputTokens, thoughtTokens, toolUseTokens } = usage;
  expect(promptTokens + outputTokens + thoughtTokens + toolUseTokens).toBe(usage.totalTokens);
});

test('what runs never falls while text comes, and follows the model’s reports', () => {
  const running = new TokenMeter(PROMPT);
  expect(running.running).toBe(PROMPT);
  running.text(SEVEN);
  expect(running.running).toBe(PROMPT + 7);
  running.report(report(12, 30));
  expect(running.running).toBe(42);
  running.text(` ${SEVEN}`);
  expect(running.running).toBe(42 + 5);
});
