import type { SentImage } from '../ports/model-provider.ts';
import type { TokenCounter } from '../ports/token-counter.ts';
import type { Ending } from './settle.ts';
import { estimateUsage } from './token-estimate.ts';

/** How long the end of a reply waits for counts at most (ms). Only replies whose model reported nothing do. */
const PATIENCE = 1000;

/**
 * Counts a reply whose model doesn't report what it used: the prompt while the reply is written, so that nothing waits for it, and
 * what was said at its end.
 */
export class UncountedReply {
  readonly #counter: TokenCounter;
  readonly #model: string;
  readonly #prompt: readonly (string | SentImage)[];
  readonly #leaving = new AbortController();
  #promptTokens: Promise<number | null> | null = null;

  /** @param prompt all that is sent */
  constructor(counter: TokenCounter, model: string, prompt: readonly (string | SentImage)[]) {
    this.#counter = counter;
    this.#model = model;
    this.#prompt = prompt;
  }

  begin(): void {
    this.#promptTokens ??= this.#counter.count(this.#model, this.#prompt, this.#leaving.signal);
  }

  /**
   * Puts counts in the place of an estimate, where there are any in time.
   * @param wasReported whether the model has said anything of what it used
   * @param signal aborts when somebody asks for the end, before it or meanwhile: they don’t wait for counts
   */
  async complete(ending: Ending, wasReported: boolean, signal: AbortSignal): Promise<Ending> {
    const leave = () => this.#leaving.abort();
    const hasEndedItself = ending.status === 'completed' || ending.status === 'failed';
    if (wasReported || !hasEndedItself || signal.aborted || ending.usage === null) {
      leave();
      return ending;
    }
    this.begin();
    const textOf = (type: 'text' | 'thought') =>
      ending.parts.map((part) => (part.type === type ? part.text : '')).join('');
    const timeout = setTimeout(leave, PATIENCE);
    signal.addEventListener('abort', leave, { once: true });
    try {
      const [prompt, text, thoughts] = await Promise.all([
        this.#promptTokens,
        this.#counter.count(this.#model, [textOf('text')], this.#leaving.signal),
        this.#counter.count(this.#model, [textOf('thought')], this.#leaving.signal),
      ]);
      if (prompt === null || text === null || thoughts === null) return ending;
      return { ...ending, usage: estimateUsage(prompt, text, thoughts), usageSource: 'tokenizer' };
    } finally {
      clearTimeout(timeout);
      signal.removeEventListener('abort', leave);
    }
  }
}
