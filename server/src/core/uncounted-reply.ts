import { messageText } from '@millrace/protocol';
import type { InputImage } from '../ports/prompt-parts.ts';
import type { TokenCounter } from '../ports/token-counter.ts';
import type { GenerationOutcome } from './settle.ts';
import { estimateUsage } from './token-estimate.ts';

/** The end of a reply without usage reports waits this long for counts. */
const COUNT_TIMEOUT_MS = 1000;

/**
 * Counts the tokens of a reply whose service reports no usage: the prompt while the reply is generated, so that nothing waits for it,
 * and the output at its end.
 */
export class UncountedReply {
  readonly #counter: TokenCounter;
  readonly #model: string;
  readonly #prompt: readonly (string | InputImage)[];
  readonly #cancel = new AbortController();
  #promptTokens: Promise<number | null> | null = null;

  /** @param prompt all texts and images of the prompt */
  constructor(counter: TokenCounter, model: string, prompt: readonly (string | InputImage)[]) {
    this.#counter = counter;
    this.#model = model;
    this.#prompt = prompt;
  }

  /** Starts to count the prompt. */
  begin(): void {
    this.#promptTokens ??= this.#counter.count(this.#model, this.#prompt, this.#cancel.signal);
  }

  /**
   * Replaces the estimated usage with counts, if they arrive in time.
   * @param hasUsageReport whether the service has reported usage
   * @param signal aborts when the reply is stopped or interrupted: then the estimate stays
   */
  async complete(
    outcome: GenerationOutcome,
    hasUsageReport: boolean,
    signal: AbortSignal,
  ): Promise<GenerationOutcome> {
    const cancel = () => this.#cancel.abort();
    const wasAborted = outcome.status === 'stopped' || outcome.status === 'interrupted';
    if (hasUsageReport || wasAborted || signal.aborted || outcome.usage === null) {
      // Without a count there is nothing to cancel, and an abort creates an error.
      if (this.#promptTokens !== null) cancel();
      return outcome;
    }
    this.begin();
    const timeout = setTimeout(cancel, COUNT_TIMEOUT_MS);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const [prompt, text, thoughts] = await Promise.all([
        this.#promptTokens,
        this.#counter.count(this.#model, [messageText(outcome)], this.#cancel.signal),
        this.#counter.count(this.#model, [messageText(outcome, 'thought')], this.#cancel.signal),
      ]);
      if (prompt === null || text === null || thoughts === null) return outcome;
      return { ...outcome, usage: estimateUsage(prompt, text, thoughts), usageSource: 'tokenizer' };
    } finally {
      clearTimeout(timeout);
      signal.removeEventListener('abort', cancel);
    }
  }
}
