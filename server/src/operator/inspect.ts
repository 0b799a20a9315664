/** Checks of a server's settings, storage and model without starting a server. They change nothing. */
import { findProvider } from '../composition/model-providers.ts';
import type { ProviderEntry } from '../composition/model-providers.ts';
import { isDemoModel, modelNamesOf, openModels, pricesOf } from '../composition/models.ts';
import type { Config } from '../config/config.ts';
import { textTurn } from '../core/prompt-turns.ts';
import { NULL_SINK } from '../core/retrying-sink.ts';

export { inspectRedis } from '../composition/inspect-redis.ts';
export { inspectStorage, operatorPass } from '../composition/inspect-storage.ts';

export { PROVIDER_NAMES } from '../composition/model-providers.ts';

/** How messages to the operator name a provider, its settings and its model. */
export type ProviderLabels = Pick<ProviderEntry, 'title' | 'keySetting' | 'modelSetting' | 'defaultModel'>;

/** @param name a value of `AI_PROVIDER`. @returns null for `none` and for an unknown name */
export function providerLabels(name: string): ProviderLabels | null {
  return findProvider(name);
}

export interface ModelAnswer {
  model: string;
  /** The text of the reply; null when the model only counted tokens, which is free. */
  text: string | null;
  roundTripMs: number;
}

/**
 * Sends one small request to the default model: to count the tokens of a word, or to generate one word, which costs a little.
 * @returns null when the server uses the demo model, or no model
 * @throws ConfigError when the selected provider is not configured; ReplyError when the model can't answer
 */
export async function askModel(
  config: Config,
  { generate }: { generate: boolean },
  signal: AbortSignal,
): Promise<ModelAnswer | null> {
  if (isDemoModel(config)) return null;
  const models = openModels(config, { prices: pricesOf(config) });
  if (models === null) return null;
  const model = modelNamesOf(config).defaultModel;
  const startedAt = performance.now();
  try {
    let text: string | null = null;
    if (generate) {
      text = '';
      const sink = { ...NULL_SINK, text: (delta: string) => (text += delta) };
      await models.generate({ ...ONE_WORD_REQUEST, model }, sink, signal);
    } else await models.countTokens(model, 'mill', signal);
    return { model, text, roundTripMs: Math.round(performance.now() - startedAt) };
  } finally {
    await models.close();
  }
}

const ONE_WORD_REQUEST = {
  system: null,
  turns: [textTurn('user', 'Answer with the one word: ready')],
  maxOutputTokens: 256,
  parameters: { temperature: null, thinking: 'off' as const, safety: {} },
  continuation: null,
};
