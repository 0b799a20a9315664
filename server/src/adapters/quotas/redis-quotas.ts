import type { Logger } from '../../ports/logger.ts';
import type { QuotaCounter, QuotaCounters, QuotaSize, Taken } from '../../ports/quota-counters.ts';
import { MemoryQuotas } from './memory-quotas.ts';

/** What is needed of a client, or of a cluster's. One that fails while it isn't connected, and doesn't queue. */
export interface RedisScripts {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** An answer that takes longer is given up (ms): a request waits for it. */
const PATIENCE = 500;

/** The requests of a window are a set, which ends with it. @returns whether a point was taken, how many are, and how long the window lasts (ms) */
const TAKE = `
local taken = redis.call('scard', KEYS[1])
if redis.call('sismember', KEYS[1], ARGV[1]) == 1 then return {1, taken, redis.call('pttl', KEYS[1])} end
if taken >= tonumber(ARGV[2]) then return {0, taken, redis.call('pttl', KEYS[1])} end
redis.call('sadd', KEYS[1], ARGV[1])
if taken == 0 then redis.call('pexpire', KEYS[1], ARGV[3]) end
return {1, taken + 1, redis.call('pttl', KEYS[1])}`;

const PUT_BACK = `return redis.call('srem', KEYS[1], ARGV[1])`;

/**
 * Quotas that all nodes with the same Redis share. While it can't be asked each node counts by itself: nobody is let in without
 * count, and nobody is locked out.
 */
export class RedisQuotas implements QuotaCounters {
  readonly #redis: RedisScripts;
  readonly #logger: Logger;
  readonly #realm: string;
  readonly #own = new MemoryQuotas();
  /** What has been logged isn't again, for each request, until it has changed. */
  #isAlone = false;

  /** @param realm tells these nodes from others that use the same Redis: they have addresses in common */
  constructor({ redis, logger, realm }: { redis: RedisScripts; logger: Logger; realm: string }) {
    this.#redis = redis;
    this.#logger = logger;
    this.#realm = realm;
  }

  counter(quota: QuotaSize): QuotaCounter {
    const { name, points, window } = quota;
    const own = this.#own.counter(quota);
    const run = (script: string, key: string, request: string) =>
      this.#redis.eval(script, {
        keys: [`millrace:quota:${this.#realm}:${name}:${key}`],
        arguments: [request, String(points), String(window)],
      });
    return {
      take: (key, request) =>
        this.#inTime(
          async () => takenOf(points, await run(TAKE, key, request)),
          () => own.take(key, request),
        ),
      putBack: (key, request) =>
        this.#inTime(
          async () => void (await run(PUT_BACK, key, request)),
          () => own.putBack(key, request),
        ),
    };
  }

  /** Redis does it by itself. */
  async prune(): Promise<void> {}

  async #inTime<Result>(together: () => Promise<Result>, alone: () => Promise<Result>): Promise<Result> {
    try {
      const result = await inTime(together());
      if (this.#isAlone) this.#logger.info({}, 'Redis is back; all nodes count together again');
      this.#isAlone = false;
      return result;
    } catch (error) {
      if (!this.#isAlone) {
        this.#logger.warn({ err: error }, 'Redis is out of reach; this node counts by itself');
      }
      this.#isAlone = true;
      return alone();
    }
  }
}

function takenOf(points: number, answer: unknown): Taken {
  const [isTaken, taken, resetsIn] = answer as [0 | 1, number, number];
  return { isTaken: isTaken === 1, remaining: Math.max(0, points - taken), resetsIn };
}

async function inTime<Result>(answer: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No answer within ${PATIENCE} ms`)), PATIENCE);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
