import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { errorFields } from '../../core/error-fields.ts';
import type { Logger } from '../../ports/logger.ts';
import type { ModelProvider } from '../../ports/model-provider.ts';
import type { InputImage } from '../../ports/prompt-parts.ts';
import type { TokenCounter } from '../../ports/token-counter.ts';

const CACHE_MAX_ENTRIES = 10_000;

/** Counts tokens at the model's service and caches the counts: a system prompt, or a question that is sent again, is counted once. */
export class CachedTokenCounter implements TokenCounter {
  requested = 0;
  cacheHits = 0;
  readonly #models: Pick<ModelProvider, 'countTokens'>;
  readonly #logger: Logger;
  readonly #counts = new LRUCache<string, number>({ max: CACHE_MAX_ENTRIES });

  constructor(models: Pick<ModelProvider, 'countTokens'>, logger: Logger) {
    this.#models = models;
    this.#logger = logger;
  }

  async count(
    model: string,
    contents: readonly (string | InputImage)[],
    signal: AbortSignal,
  ): Promise<number | null> {
    try {
      const counts = await Promise.all(contents.map((content) => this.#countOne(model, content, signal)));
      return counts.reduce((sum, count) => sum + count, 0);
    } catch (error) {
      if (!signal.aborted) this.#logger.warn(errorFields(error), 'failed to count tokens; estimating them');
      return null;
    }
  }

  async #countOne(model: string, content: string | InputImage, signal: AbortSignal): Promise<number> {
    if (content === '') return 0;
    this.requested += 1;
    // Cached by hash: texts are long and private.
    const hash = createHash('sha256').update(`${model}\n`);
    const key = hash.update(typeof content === 'string' ? content : content.bytes).digest('base64');
    const cached = this.#counts.get(key);
    if (cached !== undefined) {
      this.cacheHits += 1;
      return cached;
    }
    const count = await this.#models.countTokens(model, content, signal);
    this.#counts.set(key, count);
    return count;
  }
}
