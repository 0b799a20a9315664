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
  readonly #prompt: readonly string[];
  readonly #leaving = new AbortController();
  #promptTokens: Promise<number | null> | null = null;

  /** @param prompt all texts that are sent */
  constructor(counter: TokenCounter, model: string, prompt: readonly string[]) {
    this.#counter = counter;
    this.#model = model;
    this.#prompt = prompt;
  }

  begin(): void {
    this.#promptTokens ??= this.#counter.count(this.#model, this.#prompt, this.#leaving.signal);
  }

  /**
   * Puts counts in the place of an estimate, where there are any in time. Nobody who asked for the end waits for that.
   * @param wasReported whether the model has said anything of what it used
   */
  async complete(ending: Ending, wasReported: boolean): Promise<Ending> {
    const hasEndedItself = ending.status === 'completed' || ending.status === 'failed';
    if (wasReported || !hasEndedItself || ending.usage === null) {
      this.#leaving.abort();
      return ending;
    }
    this.begin();
    const textOf = (type: 'text' | 'thought') =>
      ending.parts.map((part) => (part.type === type ? part.text : '')).join('');
    const timeout = setTimeout(() => this.#leaving.abort(), PATIENCE);
    try {
      const [prompt, text, thoughts] = await Promise.all([
        this.#promptTokens,
        this.#counter.count(this.#model, [textOf('text')], this.#leaving.signal),
        this.#counter.count(this.#model, [textOf('thought')], this.#leaving.signal),
      ]);
      if (prompt === null || text === null || thoughts === null) return ending;
      return { ...ending, usage: estimateUsage(prompt, text, thoughts), counted: 'counted' };
    } finally {
      clearTimeout(timeout);
    }
  }
}
