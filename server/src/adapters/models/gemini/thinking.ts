import type { Thinking } from '@millrace/protocol';
import type { WireThinking } from './wire.ts';

/** The thinking parameters of a family of models. */
type Family =
  | { budgets: Record<Thinking, number>; minBudget: number; thinksByDefault: boolean }
  | { levels: Record<Thinking, NonNullable<WireThinking['thinkingLevel']>> };

/** The budgets of `reasoning_effort` low, medium and high in Google's OpenAI-compatible API. */
const BUDGETS = { low: 1024, medium: 8192, high: 24_576 };
const LEVELS = { low: 'low', medium: 'medium', high: 'high' } as const;

/**
 * The first match counts. Gemini 2.5 accepts a budget and rejects a level; later models accept a level and reject a budget; all reject both
 * together. Other models, such as tuned ones, may not think at all and then reject these parameters.
 */
const FAMILIES: readonly (readonly [name: RegExp, family: Family | null])[] = [
  // Most image and speech models don't think.
  [/-(?:image|tts|audio|live)\b/, null],
  // Pro always thinks; its minimum is 128.
  [/^gemini-2\.5-pro/, { budgets: { ...BUDGETS, off: 128 }, minBudget: 128, thinksByDefault: true }],
  // Lite accepts 0, or 512 and more. It rejects a request for thoughts while thinking is off.
  [/^gemini-2\.5-flash-lite/, { budgets: { ...BUDGETS, off: 0 }, minBudget: 512, thinksByDefault: false }],
  [/^gemini-2\.5-flash/, { budgets: { ...BUDGETS, off: 0 }, minBudget: 1, thinksByDefault: true }],
  // 3 Pro has only two levels.
  [/^gemini-3-pro/, { levels: { off: 'low', low: 'low', medium: 'high', high: 'high' } }],
  // From 3 on, thinking can't be switched off. These levels come closest; Flash from 3.6 on, which also serves 3.5, rejects minimal.
  [/^gemini-3-flash|^gemini-3\.\d-flash-lite/, { levels: { ...LEVELS, off: 'minimal' } }],
  [/^gemini-(?:[3-9]|flash-|pro-)/, { levels: { ...LEVELS, off: 'low' } }],
];

const INCLUDE_THOUGHTS = { includeThoughts: true } as const;

/**
 * The `thinkingConfig` of a request; undefined for none.
 * @param thinking null leaves it to the model
 * @param maxOutputTokens thoughts count as output, so at most half of it is spent on them
 */
export function thinkingConfig(
  model: string,
  thinking: Thinking | null,
  maxOutputTokens: number,
): WireThinking | undefined {
  const family = FAMILIES.find(([name]) => name.test(model))?.[1] ?? null;
  if (family === null) return undefined;
  const includeThoughts = thinking === 'off' ? {} : INCLUDE_THOUGHTS;
  if (thinking === null) return 'levels' in family || family.thinksByDefault ? INCLUDE_THOUGHTS : undefined;
  if ('levels' in family) return { ...includeThoughts, thinkingLevel: family.levels[thinking] };
  const budget = family.budgets[thinking];
  const half = Math.max(family.minBudget, Math.floor(maxOutputTokens / 2));
  return { ...includeThoughts, thinkingBudget: Math.min(budget, half) };
}
