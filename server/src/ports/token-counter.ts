import type { InputImage } from './prompt-parts.ts';

/** Counts tokens with the tokenizers of models. */
export interface TokenCounter {
  /**
   * The total tokens of some texts and images; null when they could not be counted. Never rejects.
   * @param signal cancels the count, which then is null
   */
  count(
    model: string,
    contents: readonly (string | InputImage)[],
    signal: AbortSignal,
  ): Promise<number | null>;
  /** How many texts and images were to be counted. */
  readonly requested: number;
  /** How many of them were in the cache. */
  readonly cacheHits: number;
}
