import type { Model, ModelPrices } from '@millrace/protocol';
import type { WireModel } from './wire.ts';

interface KnownModel {
  id: string;
  name: string;
  /** With effective dates, oldest first. */
  prices: (ModelPrices & { from: string })[];
}

/** @returns micro-dollars per million tokens */
function price(from: string, input: number, output: number, cached: number) {
  const micro = (dollars: number) => Math.round(dollars * 1_000_000);
  return { from, input: micro(input), output: micro(output), cached: micro(cached) };
}

const EVER = '2025-01-01';

/** What is offered when the service can't be asked, and the prices it never tells. November 2026. */
const KNOWN: readonly KnownModel[] = [
  {
    id: 'gemini-3.8-flash',
    name: 'Gemini 3.8 Flash',
    prices: [price(EVER, 0.75, 3.75, 0.075), price('2027-01-01', 1.5, 7.5, 0.075)],
  },
  { id: 'gemini-3.7-flash', name: 'Gemini 3.7 Flash', prices: [price(EVER, 0.75, 3.75, 0.075)] },
  { id: 'gemini-3.6-flash', name: 'Gemini 3.6 Flash', prices: [price(EVER, 0.75, 3.75, 0.075)] },
  { id: 'gemini-3.5-flash', name: 'Gemini 3.5 Flash', prices: [price(EVER, 1.5, 9, 0.15)] },
  { id: 'gemini-3.5-flash-lite', name: 'Gemini 3.5 Flash-Lite', prices: [price(EVER, 0.3, 2.5, 0.03)] },
  { id: 'gemini-3.1-flash-lite', name: 'Gemini 3.1 Flash-Lite', prices: [price(EVER, 0.25, 1.5, 0.025)] },
  { id: 'gemini-3.1-pro-preview', name: 'Gemini 3.1 Pro', prices: [price(EVER, 2, 12, 0.2)] },
  {
    id: 'gemini-4-argon',
    name: 'Gemini 4 Argon',
    prices: [price(EVER, 2, 10, 0.1), price('2026-12-01', 4, 20, 0.2)],
  },
  {
    id: 'gemini-4-carbon',
    name: 'Gemini 4 Carbon',
    prices: [price(EVER, 2, 10, 0.1), price('2026-12-01', 4, 20, 0.1)],
  },
  // Its cache rate isn't published; billing cached tokens in full never undercharges.
  { id: 'gemini-4-hydrogen', name: 'Gemini 4 Hydrogen', prices: [price(EVER, 1.5, 7.5, 1.5)] },
  { id: 'gemini-2.5-pro', name: 'Gemini 2.5 Pro', prices: [price(EVER, 1.25, 10, 0.125)] },
  { id: 'gemini-2.5-flash', name: 'Gemini 2.5 Flash', prices: [price(EVER, 0.3, 2.5, 0.03)] },
  { id: 'gemini-2.5-flash-lite', name: 'Gemini 2.5 Flash-Lite', prices: [price(EVER, 0.1, 0.4, 0.01)] },
];

/** The built-in list, with today's prices. */
export function builtInModels(now: Date): Model[] {
  return KNOWN.map(({ id, name }) => ({
    id,
    name,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    prices: pricesOf(id, now),
  }));
}

/** Models of the service that write text, with the prices we know. */
export function fromWireModels(models: readonly WireModel[], now: Date): Model[] {
  return models
    .filter((model) => model.supportedGenerationMethods?.includes('generateContent') ?? false)
    .map((model) => {
      const id = (model.name ?? '').replace(/^models\//, '');
      return {
        id,
        name: model.displayName ?? id,
        inputTokenLimit: model.inputTokenLimit ?? 0,
        outputTokenLimit: model.outputTokenLimit ?? 0,
        prices: pricesOf(id, now),
      };
    });
}

function pricesOf(id: string, now: Date): ModelPrices | null {
  const today = now.toISOString().slice(0, 10);
  const entry = KNOWN.find((model) => model.id === id)?.prices.findLast(({ from }) => from <= today);
  if (entry === undefined) return null;
  const { input, output, cached } = entry;
  return { input, output, cached };
}
