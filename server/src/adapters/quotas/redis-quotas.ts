import type { Logger } from '../../ports/logger.ts';
import type { QuotaCounter, QuotaCounters, QuotaSize, Taken } from '../../ports/quota-counters.ts';
import { MemoryQuotas } from './memory-quotas.ts';

/** A client of Redis or of a cluster. It must fail while it isn't connected, and not queue. */
export interface RedisScripts {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** A request waits for the answer. */
const TIMEOUT_MS = 500;

/** The requests of a window are a set that expires with it. Answers whether the point is taken, the number of taken points, and the TTL (ms). */
const TAKE = `
local taken = redis.call('scard', KEYS[1])
if redis.call('sismember', KEYS[1], ARGV[1]) == 1 then return {1, taken, redis.call('pttl', KEYS[1])} end
if taken >= tonumber(ARGV[2]) then return {0, taken, redis.call('pttl', KEYS[1])} end
redis.call('sadd', KEYS[1], ARGV[1])
if taken == 0 then redis.call('pexpire', KEYS[1], ARGV[3]) end
return {1, taken + 1, redis.call('pttl', KEYS[1])}`;

const PUT_BACK = `return redis.call('srem', KEYS[1], ARGV[1])`;

/**
 * Quotas that all nodes with the same Redis share. While Redis can't be reached each node counts by itself: requests are still
 * limited, and none is refused for that reason.
 */
export class RedisQuotas implements QuotaCounters {
  readonly #redis: RedisScripts;
  readonly #logger: Logger;
  readonly #realm: string;
  readonly #own = new MemoryQuotas();
  /** Whether this node counts by itself. A change is logged once, not for each request. */
  #isAlone = false;

  /** @param realm separates these nodes from other installations on the same Redis */
  constructor({ redis, logger, realm }: { redis: RedisScripts; logger: Logger; realm: string }) {
    this.#redis = redis;
    this.#logger = logger;
    this.#realm = realm;
  }

  counter(quota: QuotaSize): QuotaCounter {
    const { name, points, windowMs } = quota;
    const own = this.#own.counter(quota);
    const run = (script: string, key: string, request: string) =>
      this.#redis.eval(script, {
        keys: [`millrace:quota:${this.#realm}:${name}:${key}`],
        arguments: [request, String(points), String(windowMs)],
      });
    return {
      take: (key, request) =>
        this.#withFallback(
          async () => takenOf(points, await run(TAKE, key, request)),
          () => own.take(key, request),
        ),
      putBack: (key, request) =>
        this.#withFallback(
          async () => void (await run(PUT_BACK, key, request)),
          () => own.putBack(key, request),
        ),
    };
  }

  /** Redis deletes expired keys by itself. */
  async prune(): Promise<void> {}

  async #withFallback<Result>(shared: () => Promise<Result>, own: () => Promise<Result>): Promise<Result> {
    try {
      const result = await withTimeout(shared());
      if (this.#isAlone) this.#logger.info({}, 'reached Redis again; quotas are shared by all nodes');
      this.#isAlone = false;
      return result;
    } catch (error) {
      if (!this.#isAlone) {
        this.#logger.warn({ err: error }, 'can’t reach Redis; this node counts quotas by itself');
      }
      this.#isAlone = true;
      return own();
    }
  }
}

function takenOf(points: number, answer: unknown): Taken {
  const [isTaken, taken, resetsInMs] = answer as [0 | 1, number, number];
  return { isTaken: isTaken === 1, remaining: Math.max(0, points - taken), resetsInMs };
}

async function withTimeout<Result>(answer: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
