import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from '../../ports/logger.ts';
import type { ModelProvider } from '../../ports/model-provider.ts';
import type { InputImage } from '../../ports/prompt-parts.ts';
import type { TokenCounter } from '../../ports/token-counter.ts';

const KEPT_AT_MOST = 10_000;

/** Asks the model's service, and remembers: a system prompt, or a question that is sent again, is counted once. */
export class CachedTokenCounter implements TokenCounter {
  requested = 0;
  cacheHits = 0;
  readonly #models: Pick<ModelProvider, 'countTokens'>;
  readonly #logger: Logger;
  readonly #counts = new LRUCache<string, number>({ max: KEPT_AT_MOST });

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
      if (!signal.aborted) this.#logger.warn({ err: error }, 'failed to count tokens; estimating them');
      return null;
    }
  }

  async #countOne(model: string, content: string | InputImage, signal: AbortSignal): Promise<number> {
    if (content === '') return 0;
    this.requested += 1;
    // Texts are long, and nobody's business.
    const hash = createHash('sha256').update(`${model}\n`);
    const key = hash.update(typeof content === 'string' ? content : content.bytes).digest('base64');
    const known = this.#counts.get(key);
    if (known !== undefined) {
      this.cacheHits += 1;
      return known;
    }
    const count = await this.#models.countTokens(model, content, signal);
    this.#counts.set(key, count);
    return count;
  }
}
