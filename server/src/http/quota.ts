import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** What became of one attempt to take something of a quota. */
export interface Share {
  readonly quota: Quota;
  readonly userId: string;
  readonly state: 'taken' | 'refused' | 'returned';
  readonly remaining: number;
  /** When the window ends (ms since 1970), and all is there again. */
  readonly resetsAt: number;
}

export interface QuotaOptions {
  /** What the `RateLimit` headers call it. */
  name: string;
  points: number;
  /** In ms. It begins with the first point taken. */
  window: number;
  /** A sentence for whoever gets nothing. */
  refusal(seconds: number): string;
}

/** So many points in a window of time for each user, as far as this process knows. */
export class Quota {
  readonly #options: QuotaOptions;
  readonly #limiter: RateLimiterMemory;

  constructor(options: QuotaOptions) {
    this.#options = options;
    this.#limiter = new RateLimiterMemory({ points: options.points, duration: options.window / 1000 });
  }

  /** Takes a point, unless none is left. */
  async take(userId: string): Promise<Share> {
    // Read before the limiter reads the clock: the window must not seem to last longer than it does.
    const now = Date.now();
    const { isTaken, result } = await this.#consume(userId);
    const { remainingPoints: remaining, msBeforeNext } = result;
    const share = { quota: this, userId, remaining, resetsAt: now + msBeforeNext };
    if (isTaken) return { ...share, state: 'taken' };
    // The limiter counts refusals too, and would go on refusing when an earlier point came back.
    await this.#forget(share);
    return { ...share, state: 'refused' };
  }

  /** Puts a point back that was taken for nothing. */
  async giveBack(share: Share): Promise<Share> {
    if (this.#options.points === 1) {
      // Who holds the only point began the window: the next one begins with the next point.
      if (isOpen(share)) await this.#limiter.delete(share.userId);
    } else await this.#forget(share);
    return { ...share, state: 'returned', remaining: share.remaining + 1 };
  }

  refusal({ resetsAt }: Share): string {
    return this.#options.refusal(secondsUntil(resetsAt));
  }

  /** An item of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers). */
  get policy(): string {
    const { name, points, window } = this.#options;
    return `"${name}";q=${points};w=${Math.ceil(window / 1000)}`;
  }

  /** An item of `RateLimit`. */
  standing({ remaining, resetsAt }: Share): string {
    return `"${this.#options.name}";r=${remaining};t=${secondsUntil(resetsAt)}`;
  }

  async #consume(userId: string): Promise<{ isTaken: boolean; result: RateLimiterRes }> {
    try {
      return { isTaken: true, result: await this.#limiter.consume(userId) };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return { isTaken: false, result: refusal };
    }
  }

  /** Counts one less. Of a single point, which is given back by forgetting all, refusals need no forgetting. */
  async #forget(share: Pick<Share, 'userId' | 'resetsAt'>): Promise<void> {
    if (this.#options.points > 1 && isOpen(share)) await this.#limiter.reward(share.userId);
  }
}

/** At least 1, for a `Retry-After` of 0 asks for another refusal. */
export function secondsUntil(instant: number): number {
  return Math.max(1, Math.ceil((instant - Date.now()) / 1000));
}

/** What is put back after the end of its window would be one too many in the next. */
function isOpen({ resetsAt }: Pick<Share, 'resetsAt'>): boolean {
  return Date.now() < resetsAt;
}
