import type { InputImage } from './model-provider.ts';

/** Counts tokens as the model does. */
export interface TokenCounter {
  /**
   * Tokens of some texts and images together, by the tokenizer of a model; null when that can't be known in time. Never rejects.
   * @param signal aborts: whoever asked has no use for it any more
   */
  count(
    model: string,
    contents: readonly (string | InputImage)[],
    signal: AbortSignal,
  ): Promise<number | null>;
  /** How often a text or an image was asked for, and how often its count was known. */
  readonly asked: number;
  readonly known: number;
}
