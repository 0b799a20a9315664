import { randomUUID } from 'node:crypto';
import { ProblemError } from '../core/errors.ts';
import type { QuotaCounter, QuotaCounters, QuotaSize } from '../ports/quota-counters.ts';

/** The result of one attempt to take a point from a quota. */
export interface QuotaClaim {
  readonly quota: Quota;
  /** The user or address that the quota counts for. */
  readonly key: string;
  readonly requestId: string;
  readonly state: 'taken' | 'refused' | 'returned';
  readonly remaining: number;
  /** When the window ends and all points are available again (ms since 1970). */
  readonly resetsAt: number;
}

/** The `RateLimit` headers contain the quota's name. */
export interface QuotaOptions extends QuotaSize {
  /** The error message for a refused user. */
  refusal(seconds: number): string;
}

/** A number of points per time window, for each user or each address. */
export class Quota {
  readonly #options: QuotaOptions;
  readonly #counter: QuotaCounter;

  constructor(counters: QuotaCounters, options: QuotaOptions) {
    this.#options = options;
    this.#counter = counters.counter(options);
  }

  /** Takes a point if one is left. @param requestId the same for a repeated request, which is counted once */
  async take(key: string, requestId: string = randomUUID()): Promise<QuotaClaim> {
    // Read the clock before the counter: the reported window must not end later than the real one.
    const now = Date.now();
    const { isTaken, remaining, resetsInMs } = await this.#counter.take(key, requestId);
    const state = isTaken ? 'taken' : 'refused';
    return { quota: this, key, requestId, state, remaining, resetsAt: now + resetsInMs };
  }

  /** Takes a point. @throws ProblemError `rate_limited` if none is left */
  async takeOrThrow(key: string): Promise<void> {
    const claim = await this.take(key);
    if (claim.state === 'refused') throw this.problem(claim);
  }

  /** Returns the point of a request that was not carried out. */
  async giveBack(claim: QuotaClaim): Promise<QuotaClaim> {
    await this.#counter.putBack(claim.key, claim.requestId);
    return { ...claim, state: 'returned', remaining: claim.remaining + 1 };
  }

  problem({ resetsAt }: QuotaClaim): ProblemError {
    const retryAfterSeconds = secondsUntil(resetsAt);
    const detail = this.#options.refusal(retryAfterSeconds);
    return new ProblemError('rate_limited', detail, { retryAfterSeconds });
  }

  /** An item of the `RateLimit-Policy` header (draft-ietf-httpapi-ratelimit-headers). */
  get policy(): string {
    const { name, points, windowMs } = this.#options;
    return `"${name}";q=${points};w=${Math.ceil(windowMs / 1000)}`;
  }

  /** An item of the `RateLimit` header. */
  rateLimitItem({ remaining, resetsAt }: QuotaClaim): string {
    return `"${this.#options.name}";r=${remaining};t=${secondsUntil(resetsAt)}`;
  }
}

/** At least 1: a `Retry-After` of 0 would invite an immediate retry, which would be refused. */
function secondsUntil(instant: number): number {
  return Math.max(1, Math.ceil((instant - Date.now()) / 1000));
}
