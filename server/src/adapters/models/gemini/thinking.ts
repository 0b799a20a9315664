import type { Thinking } from '@millrace/protocol';
import type { WireThinking } from './wire.ts';

/** How one family of models is told to think. */
type Family =
  | { budgets: Record<Thinking, number>; least: number; thinksByItself: boolean }
  | { levels: Record<Thinking, NonNullable<WireThinking['thinkingLevel']>> };

/** Google's own for `reasoning_effort` low, medium and high in its OpenAI-compatible API. */
const BUDGETS = { low: 1024, medium: 8192, high: 24_576 };
const LEVELS = { low: 'low', medium: 'medium', high: 'high' } as const;

/**
 * The first that a model's name begins with. 2.5 takes a budget and refuses a level, later ones the other way round; both together
 * are refused by all. Whoever isn't here, a tuned model or one of another make, may not think at all, and refuses to be told how.
 */
const FAMILIES: readonly (readonly [name: RegExp, family: Family | null])[] = [
  // Of images and speech most don't think.
  [/-(?:image|tts|audio|live)\b/, null],
  // Pro can't stop thinking; 128 is the least it takes.
  [/^gemini-2\.5-pro/, { budgets: { ...BUDGETS, off: 128 }, least: 128, thinksByItself: true }],
  // Lite takes 0, or 512 and more. Asked for thoughts while it doesn't think, it refuses.
  [/^gemini-2\.5-flash-lite/, { budgets: { ...BUDGETS, off: 0 }, least: 512, thinksByItself: false }],
  [/^gemini-2\.5-flash/, { budgets: { ...BUDGETS, off: 0 }, least: 1, thinksByItself: true }],
  // 3 Pro knows two levels only.
  [/^gemini-3-pro/, { levels: { off: 'low', low: 'low', medium: 'high', high: 'high' } }],
  // From 3 on none can be switched off. These come closest; Flash from 3.6 on, to which 3.5 is forwarded, refuses minimal.
  [/^gemini-3-flash|^gemini-3\.\d-flash-lite/, { levels: { ...LEVELS, off: 'minimal' } }],
  [/^gemini-(?:[3-9]|flash-|pro-)/, { levels: { ...LEVELS, off: 'low' } }],
];

const SHOWN = { includeThoughts: true } as const;

/**
 * What a model is told of thinking; undefined where that is nothing.
 * @param thinking null leaves it to the model
 * @param maxOutputTokens thoughts count as output: half is left for the answer
 */
export function thinkingConfig(
  model: string,
  thinking: Thinking | null,
  maxOutputTokens: number,
): WireThinking | undefined {
  const family = FAMILIES.find(([name]) => name.test(model))?.[1] ?? null;
  if (family === null) return undefined;
  const shown = thinking === 'off' ? {} : SHOWN;
  if (thinking === null) return 'levels' in family || family.thinksByItself ? SHOWN : undefined;
  if ('levels' in family) return { ...shown, thinkingLevel: family.levels[thinking] };
  const budget = family.budgets[thinking];
  const half = Math.max(family.least, Math.floor(maxOutputTokens / 2));
  return { ...shown, thinkingBudget: Math.min(budget, half) };
}
