import { createHash, randomUUID } from 'node:crypto';
import type { Store } from '../store/store.ts';
import type { IdempotencyKey } from '../store/transactions/idempotency.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import type { AppContext, HttpSettings } from './environment.ts';
import { Quota } from './quota.ts';
import type { Share } from './quota.ts';

/** The same request may be made several times at once; it is counted once. */
interface Attempt {
  /** Known to other nodes by this. */
  readonly request: string;
  requests: number;
  shares: Promise<Share[]> | null;
  hasBegun: boolean;
}

/** How many replies a user may start in a time. Counts those that begin: no repeats, and nothing that was refused. */
export class ReplyLimits {
  readonly #store: Pick<Store, 'findIdempotentResult'>;
  readonly #quotas: readonly Quota[];
  readonly #attempts = new Map<string, Attempt>();

  constructor(
    store: Pick<Store, 'findIdempotentResult'>,
    counters: QuotaCounters,
    { messageGap, repliesPerMinute }: Pick<HttpSettings, 'messageGap' | 'repliesPerMinute'>,
  ) {
    this.#store = store;
    this.#quotas = [
      ...(messageGap === null ? [] : [gapOf(counters, messageGap)]),
      ...(repliesPerMinute === null ? [] : [minuteOf(counters, repliesPerMinute)]),
    ];
  }

  /**
   * Begins a reply if the limits allow it, and says in the headers where they stand.
   * @param begin also what answers a repeat
   * @throws ProblemError `rate_limited`, `idempotency_mismatch`, and whatever `begin` throws
   */
  async start<Result>(
    c: AppContext,
    idempotency: IdempotencyKey | null,
    begin: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#quotas.length === 0) return begin();
    const userId = c.get('user').id;
    // Joined before the store is asked: whatever makes the reply from now on shares this attempt.
    const { attempt, leave } = this.#join(userId, idempotency);
    try {
      if (idempotency !== null && (await this.#store.findIdempotentResult(userId, idempotency)) !== null) {
        return await begin();
      }
      attempt.shares ??= this.#take(userId, attempt.request);
      const shares = await attempt.shares;
      this.#refuse(c, shares);
      const begun = await begin();
      attempt.hasBegun = true;
      this.#tell(c, shares);
      return begun;
    } finally {
      await leave();
    }
  }

  #join(userId: string, idempotency: IdempotencyKey | null) {
    const request = idempotency === null ? randomUUID() : digestOf(userId, idempotency);
    const attempt = this.#attempts.get(request) ?? { request, requests: 0, shares: null, hasBegun: false };
    attempt.requests += 1;
    this.#attempts.set(request, attempt);
    const leave = async () => {
      attempt.requests -= 1;
      if (attempt.requests > 0) return;
      this.#attempts.delete(request);
      if (!attempt.hasBegun && attempt.shares !== null) await giveBack(await attempt.shares);
    };
    return { attempt, leave };
  }

  /** Of each quota or of none. */
  async #take(userId: string, request: string): Promise<Share[]> {
    const shares = await Promise.all(this.#quotas.map((quota) => quota.take(userId, request)));
    return shares.some(({ state }) => state === 'refused') ? giveBack(shares) : shares;
  }

  /** @throws ProblemError `rate_limited`, when a quota had nothing left */
  #refuse(c: AppContext, shares: readonly Share[]): void {
    const refused = shares.filter(({ state }) => state === 'refused');
    // Earlier than the last of them, asking again is refused again.
    const last = refused.toSorted((a, b) => a.resetsAt - b.resetsAt).at(-1);
    if (last === undefined) return;
    this.#tell(c, shares);
    throw last.quota.problem(last);
  }

  #tell(c: AppContext, shares: readonly Share[]): void {
    c.header('RateLimit-Policy', this.#quotas.map(({ policy }) => policy).join(', '));
    c.header('RateLimit', shares.map((share) => share.quota.standing(share)).join(', '));
  }
}

function digestOf(userId: string, { key, fingerprint }: IdempotencyKey): string {
  return createHash('sha256').update(`${userId} ${key} ${fingerprint}`).digest('base64url');
}

function giveBack(shares: readonly Share[]): Promise<Share[]> {
  return Promise.all(
    shares.map(async (share) => (share.state === 'taken' ? share.quota.giveBack(share) : share)),
  );
}

/** @param windowMs the shortest time from one reply to the next */
function gapOf(counters: QuotaCounters, windowMs: number): Quota {
  const refusal = (seconds: number) =>
    `That came too soon after your last message. Try again ${within(seconds)}.`;
  return new Quota(counters, { name: 'gap', points: 1, windowMs, refusal });
}

function minuteOf(counters: QuotaCounters, points: number): Quota {
  const refusal = (seconds: number) =>
    `You have asked for as many replies as you may in a minute (${points}). Try again ${within(seconds)}.`;
  return new Quota(counters, { name: 'minute', points, windowMs: 60_000, refusal });
}

function within(seconds: number): string {
  return seconds === 1 ? 'in a second' : `in ${seconds} seconds`;
}
