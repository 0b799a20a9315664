import { createHash, randomUUID } from 'node:crypto';
import type { Store } from '../store/store.ts';
import type { IdempotencyKey } from '../store/transactions/idempotency.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import type { AppContext, HttpSettings } from './environment.ts';
import { Quota } from './quota.ts';
import type { QuotaClaim } from './quota.ts';

/** The same request may arrive several times at once. All of them share one attempt, which is counted once. */
interface Attempt {
  /** Identifies the request on every node. */
  readonly requestId: string;
  /** Requests in progress. */
  requests: number;
  claims: Promise<QuotaClaim[]> | null;
  hasBegun: boolean;
}

/** Limits how often a user may start a reply. Repeated and refused requests are not counted. */
export class ReplyLimits {
  readonly #store: Pick<Store, 'findIdempotentResult'>;
  readonly #quotas: readonly Quota[];
  readonly #attempts = new Map<string, Attempt>();

  constructor(
    store: Pick<Store, 'findIdempotentResult'>,
    counters: QuotaCounters,
    { messageGapMs, repliesPerMinute }: Pick<HttpSettings, 'messageGapMs' | 'repliesPerMinute'>,
  ) {
    this.#store = store;
    this.#quotas = [
      ...(messageGapMs === null ? [] : [gapQuota(counters, messageGapMs)]),
      ...(repliesPerMinute === null ? [] : [minuteQuota(counters, repliesPerMinute)]),
    ];
  }

  /**
   * Starts a reply if the limits allow it, and sets the `RateLimit` headers.
   * @param begin starts the reply, or finds it if the request is a repeat
   * @throws ProblemError `rate_limited`, `idempotency_mismatch`, and the errors of `begin`
   */
  async start<Result>(
    c: AppContext,
    idempotency: IdempotencyKey | null,
    begin: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#quotas.length === 0) return begin();
    const userId = c.get('user').id;
    // Join before the query: a request that starts the reply during the query then belongs to the same attempt.
    const { attempt, leave } = this.#join(userId, idempotency);
    try {
      if (idempotency !== null && (await this.#store.findIdempotentResult(userId, idempotency)) !== null) {
        return await begin();
      }
      attempt.claims ??= this.#take(userId, attempt.requestId);
      const claims = await attempt.claims;
      this.#refuse(c, claims);
      const begun = await begin();
      attempt.hasBegun = true;
      this.#setHeaders(c, claims);
      return begun;
    } finally {
      await leave();
    }
  }

  #join(userId: string, idempotency: IdempotencyKey | null) {
    const requestId = idempotency === null ? randomUUID() : digestOf(userId, idempotency);
    const attempt = this.#attempts.get(requestId) ?? {
      requestId,
      requests: 0,
      claims: null,
      hasBegun: false,
    };
    attempt.requests += 1;
    this.#attempts.set(requestId, attempt);
    const leave = async () => {
      attempt.requests -= 1;
      if (attempt.requests > 0) return;
      this.#attempts.delete(requestId);
      if (!attempt.hasBegun && attempt.claims !== null) await giveBack(await attempt.claims);
    };
    return { attempt, leave };
  }

  /** Takes a point of every quota, or of none if one refuses. */
  async #take(userId: string, requestId: string): Promise<QuotaClaim[]> {
    const claims = await Promise.all(this.#quotas.map((quota) => quota.take(userId, requestId)));
    return claims.some(({ state }) => state === 'refused') ? giveBack(claims) : claims;
  }

  /** @throws ProblemError `rate_limited` if a quota refused */
  #refuse(c: AppContext, claims: readonly QuotaClaim[]): void {
    const refused = claims.filter(({ state }) => state === 'refused');
    // `Retry-After` is the latest reset: an earlier retry would be refused again.
    const last = refused.toSorted((a, b) => a.resetsAt - b.resetsAt).at(-1);
    if (last === undefined) return;
    this.#setHeaders(c, claims);
    throw last.quota.problem(last);
  }

  #setHeaders(c: AppContext, claims: readonly QuotaClaim[]): void {
    c.header('RateLimit-Policy', this.#quotas.map(({ policy }) => policy).join(', '));
    c.header('RateLimit', claims.map((claim) => claim.quota.rateLimitItem(claim)).join(', '));
  }
}

function digestOf(userId: string, { key, fingerprint }: IdempotencyKey): string {
  return createHash('sha256').update(`${userId} ${key} ${fingerprint}`).digest('base64url');
}

function giveBack(claims: readonly QuotaClaim[]): Promise<QuotaClaim[]> {
  return Promise.all(
    claims.map(async (claim) => (claim.state === 'taken' ? claim.quota.giveBack(claim) : claim)),
  );
}

/** @param windowMs the minimum time between two new replies */
function gapQuota(counters: QuotaCounters, windowMs: number): Quota {
  const refusal = (seconds: number) => `You are sending messages too quickly. Try again ${within(seconds)}.`;
  return new Quota(counters, { name: 'gap', points: 1, windowMs, refusal });
}

function minuteQuota(counters: QuotaCounters, points: number): Quota {
  const refusal = (seconds: number) =>
    `You have reached the limit of replies per minute (${points}). Try again ${within(seconds)}.`;
  return new Quota(counters, { name: 'minute', points, windowMs: 60_000, refusal });
}

function within(seconds: number): string {
  return seconds === 1 ? 'in a second' : `in ${seconds} seconds`;
}
