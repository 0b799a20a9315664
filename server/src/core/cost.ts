import type { ModelPrices, Usage } from '@millrace/protocol';

const MILLION = 1_000_000n;

/**
 * What a reply costs, in micro-dollars, rounded up: (prompt − cached + tool use) × input + cached × cached
 * + (output + thoughts) × output. Gemini's `promptTokens` include the cached ones.
 */
export function costOf(usage: Usage, prices: ModelPrices): number {
  const cached = Math.min(usage.cachedTokens, usage.promptTokens);
  return priced([
    [usage.promptTokens - cached + usage.toolUseTokens, prices.input],
    [cached, prices.cached],
    [usage.outputTokens + usage.thoughtTokens, prices.output],
  ]);
}

/** What a prompt and a reply of so many tokens cost at most, in micro-dollars. */
export function mostCost(promptTokens: number, outputTokens: number, prices: ModelPrices): number {
  return priced([
    [promptTokens, Math.max(prices.input, prices.cached)],
    [outputTokens, prices.output],
  ]);
}

/** How many tokens of output a sum (micro-dollars) pays for, after the prompt; less than none when it doesn't pay for that. */
export function affordableOutput(costMicros: number, promptTokens: number, prices: ModelPrices): number {
  if (prices.output === 0) return Number.POSITIVE_INFINITY;
  const left =
    BigInt(costMicros) * MILLION - BigInt(promptTokens) * BigInt(Math.max(prices.input, prices.cached));
  return Number(left / BigInt(prices.output));
}

/** In whole numbers all the way: tokens times prices may be more than a float holds exactly. */
function priced(items: readonly (readonly [tokens: number, price: number])[]): number {
  let millionths = 0n;
  for (const [tokens, price] of items) millionths += BigInt(tokens) * BigInt(price);
  return Number((millionths + MILLION - 1n) / MILLION);
}

/** What covers each of these; null when none of them is known. */
export function dearest(prices: readonly (ModelPrices | null)[]): ModelPrices | null {
  const known = prices.filter((each) => each !== null);
  if (known.length === 0) return null;
  const most = (price: keyof ModelPrices) => Math.max(...known.map((each) => each[price]));
  return { input: most('input'), output: most('output'), cached: most('cached') };
}
