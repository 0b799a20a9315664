import { LRUCache } from 'lru-cache';
import type { QuotaCounter, QuotaCounters, QuotaSize, Taken } from '../../ports/quota-counters.ts';

/** The number of keys that each quota remembers. */
const MAX_KEYS = 100_000;

/** Quotas that this process counts by itself. */
export class MemoryQuotas implements QuotaCounters {
  counter(quota: QuotaSize): QuotaCounter {
    return new MemoryCounter(quota);
  }

  async prune(): Promise<void> {}
}

class MemoryCounter implements QuotaCounter {
  readonly #points: number;
  /** The requests of each window, which ends with its entry. */
  readonly #windows: LRUCache<string, Set<string>>;

  constructor({ points, windowMs }: QuotaSize) {
    this.#points = points;
    this.#windows = new LRUCache({ max: MAX_KEYS, ttl: windowMs, ttlResolution: 0, perf: Date });
  }

  async take(key: string, request: string): Promise<Taken> {
    const requests = this.#openWindow(key);
    const isTaken = requests.has(request) || requests.size < this.#points;
    if (isTaken) requests.add(request);
    const remaining = this.#points - requests.size;
    return { isTaken, remaining, resetsInMs: this.#windows.getRemainingTTL(key) };
  }

  async putBack(key: string, request: string): Promise<void> {
    const requests = this.#windows.get(key);
    requests?.delete(request);
    if (requests?.size === 0) this.#windows.delete(key);
  }

  #openWindow(key: string): Set<string> {
    const known = this.#windows.get(key);
    // An entry still exists at the very end of its window.
    if (known !== undefined && this.#windows.getRemainingTTL(key) > 0) return known;
    const requests = new Set<string>();
    this.#windows.set(key, requests);
    return requests;
  }
}
