import type { Model } from '@millrace/protocol';
import type { Prices } from '../../../ports/prices.ts';
import type { WireModel } from './wire.ts';

export const TUNED_PREFIX = 'tunedModels/';

/** The service doesn't say which models accept only text: tuned ones, text-to-speech ones and small Gemma ones. */
const TEXT_ONLY = /^tunedModels\/|-tts\b|^gemma-3(?:n|-1b)\b/;

/** The limits of all models in the built-in list. */
const LIMITS = { inputTokenLimit: 1_048_576, outputTokenLimit: 65_536 };

/** The list of November 2026, for when the service doesn't answer. */
const BUILT_IN = new Map([
  ['gemini-3.8-flash', 'Gemini 3.8 Flash'],
  ['gemini-3.7-flash', 'Gemini 3.7 Flash'],
  ['gemini-3.6-flash', 'Gemini 3.6 Flash'],
  ['gemini-3.5-flash', 'Gemini 3.5 Flash'],
  ['gemini-3.5-flash-lite', 'Gemini 3.5 Flash-Lite'],
  ['gemini-3.1-flash-lite', 'Gemini 3.1 Flash-Lite'],
  ['gemini-3.1-pro-preview', 'Gemini 3.1 Pro'],
  ['gemini-4-argon', 'Gemini 4 Argon'],
  ['gemini-4-carbon', 'Gemini 4 Carbon'],
  ['gemini-4-hydrogen', 'Gemini 4 Hydrogen'],
  ['gemini-2.5-pro', 'Gemini 2.5 Pro'],
  ['gemini-2.5-flash', 'Gemini 2.5 Flash'],
  ['gemini-2.5-flash-lite', 'Gemini 2.5 Flash-Lite'],
]);

/** The built-in list, with the current prices. */
export function builtInModels(prices: Prices, now: number): Model[] {
  return [...BUILT_IN].map(([id, name]) => ({
    id,
    name,
    ...LIMITS,
    acceptsImages: acceptsImages(id),
    prices: prices.of(id, now),
  }));
}

/** A tuned model. The service reports no limits for it; the operator sets its price. */
export function tunedModel(id: string, prices: Prices, now: number): Model {
  return {
    id,
    name: id.replace(TUNED_PREFIX, ''),
    ...LIMITS,
    acceptsImages: acceptsImages(id),
    prices: prices.of(id, now),
  };
}

/** The service's models that generate text, with their prices where known. */
export function fromWireModels(models: readonly WireModel[], prices: Prices, now: number): Model[] {
  return models
    .filter((model) => model.supportedGenerationMethods?.includes('generateContent') ?? false)
    .map((model) => {
      const id = (model.name ?? '').replace(/^models\//, '');
      return {
        id,
        name: model.displayName ?? id,
        inputTokenLimit: model.inputTokenLimit ?? 0,
        outputTokenLimit: model.outputTokenLimit ?? 0,
        acceptsImages: acceptsImages(id),
        prices: prices.of(id, now),
      };
    });
}

function acceptsImages(id: string): boolean {
  return !TEXT_ONLY.test(id);
}
