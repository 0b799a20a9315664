import type { ModelPrices, Usage } from '@millrace/protocol';

const MILLION = 1_000_000n;

/**
 * The cost of a reply in micro-dollars, rounded up: (prompt − cached + tool use) × input price + cached × cached price
 * + (output + thoughts) × output price. `promptTokens` include the cached ones.
 */
export function costOf(usage: Usage, prices: ModelPrices): number {
  const cached = Math.min(usage.cachedTokens, usage.promptTokens);
  return priced([
    [usage.promptTokens - cached + usage.toolUseTokens, prices.input],
    [cached, prices.cached],
    [usage.outputTokens + usage.thoughtTokens, prices.output],
  ]);
}

/** The highest cost of a prompt and a reply with these tokens, in micro-dollars. */
export function maxCost(promptTokens: number, outputTokens: number, prices: ModelPrices): number {
  return priced([
    [promptTokens, Math.max(prices.input, prices.cached)],
    [outputTokens, prices.output],
  ]);
}

/** How many output tokens a budget pays for after the prompt; negative when it doesn't pay for the prompt. */
export function affordableOutput(costMicros: number, promptTokens: number, prices: ModelPrices): number {
  if (prices.output === 0) return Number.POSITIVE_INFINITY;
  const left =
    BigInt(costMicros) * MILLION - BigInt(promptTokens) * BigInt(Math.max(prices.input, prices.cached));
  return Number(left / BigInt(prices.output));
}

/** Integers throughout: tokens times prices may exceed what a float holds exactly. */
function priced(items: readonly (readonly [tokens: number, price: number])[]): number {
  let millionths = 0n;
  for (const [tokens, price] of items) millionths += BigInt(tokens) * BigInt(price);
  return Number((millionths + MILLION - 1n) / MILLION);
}

/** Prices that cover each of the given ones; null when none is known. */
export function highestPrices(prices: readonly (ModelPrices | null)[]): ModelPrices | null {
  const known = prices.filter((each) => each !== null);
  if (known.length === 0) return null;
  const highest = (price: keyof ModelPrices) => Math.max(...known.map((each) => each[price]));
  return { input: highest('input'), output: highest('output'), cached: highest('cached') };
}
