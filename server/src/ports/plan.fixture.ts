import type { Plan, Reserve } from './generation-store.ts';

/** A plan whatever the settings of the chat are. */
export function planWith(reserve: Reserve, cache: Plan['cache'] = null): () => Plan {
  const manner = { temperature: null, thinking: null, safety: {} };
  const settings = { model: 'test-model', systemPrompt: null, maxOutputTokens: 1000, manner };
  return () => ({ settings, reserve, cache });
}
