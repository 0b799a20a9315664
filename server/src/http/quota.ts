import { randomUUID } from 'node:crypto';
import { ProblemError } from '../core/errors.ts';
import type { QuotaCounter, QuotaCounters, QuotaSize } from '../ports/quota-counters.ts';

/** What became of one attempt to take something of a quota. */
export interface Share {
  readonly quota: Quota;
  /** Whose. */
  readonly key: string;
  readonly request: string;
  readonly state: 'taken' | 'refused' | 'returned';
  readonly remaining: number;
  /** When the window ends (ms since 1970), and all is there again. */
  readonly resetsAt: number;
}

/** The `RateLimit` headers call it by its name too. */
export interface QuotaOptions extends QuotaSize {
  /** A sentence for whoever gets nothing. */
  refusal(seconds: number): string;
}

/** So many points in a window of time for each user, or for each address. */
export class Quota {
  readonly #options: QuotaOptions;
  readonly #counter: QuotaCounter;

  constructor(counters: QuotaCounters, options: QuotaOptions) {
    this.#options = options;
    this.#counter = counters.counter(options);
  }

  /** Takes a point, unless none is left. @param request what is the same when it is made again */
  async take(key: string, request: string = randomUUID()): Promise<Share> {
    // Read before it is counted: the window must not seem to last longer than it does.
    const now = Date.now();
    const { isTaken, remaining, resetsInMs } = await this.#counter.take(key, request);
    const state = isTaken ? 'taken' : 'refused';
    return { quota: this, key, request, state, remaining, resetsAt: now + resetsInMs };
  }

  /** Takes a point. @throws ProblemError `rate_limited` when none is left */
  async demand(key: string): Promise<void> {
    const share = await this.take(key);
    if (share.state === 'refused') throw this.problem(share);
  }

  /** Puts a point back that was taken for nothing. */
  async giveBack(share: Share): Promise<Share> {
    await this.#counter.putBack(share.key, share.request);
    return { ...share, state: 'returned', remaining: share.remaining + 1 };
  }

  problem({ resetsAt }: Share): ProblemError {
    const retryAfterSeconds = secondsUntil(resetsAt);
    const detail = this.#options.refusal(retryAfterSeconds);
    return new ProblemError('rate_limited', detail, { retryAfterSeconds });
  }

  /** An item of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers). */
  get policy(): string {
    const { name, points, windowMs } = this.#options;
    return `"${name}";q=${points};w=${Math.ceil(windowMs / 1000)}`;
  }

  /** An item of `RateLimit`. */
  standing({ remaining, resetsAt }: Share): string {
    return `"${this.#options.name}";r=${remaining};t=${secondsUntil(resetsAt)}`;
  }
}

/** At least 1, for a `Retry-After` of 0 asks for another refusal. */
function secondsUntil(instant: number): number {
  return Math.max(1, Math.ceil((instant - Date.now()) / 1000));
}
