import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../../ports/logger.ts';
import type { ModelProvider } from '../../ports/model-provider.ts';
import type { TokenCounter } from '../../ports/token-counter.ts';

const KEPT_AT_MOST = 10_000;

/** Asks the model's service, and remembers: a system prompt, or a question that is sent again, is counted once. */
export class CachedTokenCounter implements TokenCounter {
  asked = 0;
  known = 0;
  readonly #models: ModelProvider;
  readonly #logger: Logger;
  readonly #counts = new LRUCache<string, number>({ max: KEPT_AT_MOST });

  constructor(models: ModelProvider, logger: Logger) {
    this.#models = models;
    this.#logger = logger;
  }

  async count(model: string, texts: readonly string[], signal: AbortSignal): Promise<number | null> {
    try {
      const counts = await Promise.all(texts.map((text) => this.#countOne(model, text, signal)));
      return counts.reduce((sum, count) => sum + count, 0);
    } catch (error) {
      if (!signal.aborted)
        this.#logger.warn({ err: error }, 'tokens could not be counted; they are estimated');
      return null;
    }
  }

  async #countOne(model: string, text: string, signal: AbortSignal): Promise<number> {
    if (text === '') return 0;
    this.asked += 1;
    // Texts are long, and nobody's business.
    const key = createHash('sha256').update(`${model}\n${text}`).digest('base64');
    const known = this.#counts.get(key);
    if (known !== undefined) {
      this.known += 1;
      return known;
    }
    const count = await this.#models.countTokens(model, text, signal);
    this.#counts.set(key, count);
    return count;
  }
}
