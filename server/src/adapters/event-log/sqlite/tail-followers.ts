import type { EventTail, LogRecord } from '../../../core/event-tail.ts';
import type { Logger } from '../../../ports/logger.ts';

/** How often is looked for what somebody else has written (ms). */
const INTERVAL = 50;
/** A tail that nobody has listened to for so many looks is followed no more; a reader comes a moment after it was opened. */
const IDLE_LOOKS = 20;

/** An event as it was committed, among those of all logs. */
export interface FedEvent {
  logId: string;
  sequence: number;
  event: LogRecord;
}

/** Events of many logs in the order of their commits, at positions 1, 2, 3… of which the oldest are deleted now and then. */
export interface Feed {
  /** The newest position there has been. */
  last(): number;
  /** What is left of the events after a position. */
  since(position: number): FedEvent[];
  /** The events of one log after a sequence. */
  load(logId: string, after: number): LogRecord[];
  /** Whether a log has ended and its events were deleted. */
  isGone(logId: string): boolean;
  /** Resolves when all of that is durable. */
  durable(): Promise<void>;
}

/** Keeps tails up to date whose events somebody else writes: another process, or whoever ends what we could not. */
export class TailFollowers {
  readonly #feed: Feed;
  readonly #logger: Logger;
  /** With the looks since when nobody has listened. */
  readonly #tails = new Map<string, Map<EventTail, number>>();
  readonly #stale = new Set<EventTail>();
  /** Up to which all is known; null before the first look. */
  #position: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;

  constructor(feed: Feed, logger: Logger) {
    this.#feed = feed;
    this.#logger = logger;
  }

  /**
   * Follows a tail until its terminal event, or until nobody listens any more.
   * @param isStale whether more may have been written since it was loaded
   */
  add(tail: EventTail, { isStale } = { isStale: false }): void {
    if (this.#timer === null) {
      this.#position = null;
      this.#timer = setInterval(() => void this.#look(), INTERVAL);
    }
    const ofLog = this.#tails.get(tail.logId) ?? new Map<EventTail, number>();
    ofLog.set(tail, 0);
    this.#tails.set(tail.logId, ofLog);
    if (isStale) this.#stale.add(tail);
  }

  /**
   * A tail that is followed already, holds what comes after a sequence, and has come as far as `reaching`: many readers need but
   * one. Never an empty one: it may be behind, and look as if there were no log.
   */
  find(logId: string, after: number, reaching = after): EventTail | undefined {
    for (const tail of this.#tails.get(logId)?.keys() ?? []) {
      if (tail.base <= after && reaching <= tail.last && tail.last > 0 && !tail.isLost) return tail;
    }
    return undefined;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#tails.clear();
    this.#stale.clear();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#advance();
      this.#forgetIdle();
    } catch (error) {
      // Storage in trouble: the readers wait, and are looked after again in a moment.
      this.#logger.warn({ err: error }, 'what others write could not be followed; it is tried again');
    } finally {
      this.#isLooking = false;
    }
  }

  async #advance(): Promise<void> {
    const last = this.#feed.last();
    const from = this.#position;
    if (last === from && this.#stale.size === 0) return;
    const events = from === null ? [] : this.#feed.since(from);
    await this.#feed.durable();
    // Of those that were deleted before we looked, some may have been for us.
    if (from === null || events.length < last - from) for (const tail of this.#all()) this.#stale.add(tail);
    this.#deliver(events);
    for (const tail of this.#stale) this.#reload(tail);
    this.#stale.clear();
    this.#position = last;
  }

  #deliver(events: readonly FedEvent[]): void {
    const fed = new Set<EventTail>();
    for (const { logId, sequence, event } of events) {
      for (const tail of this.#tails.get(logId)?.keys() ?? []) {
        if (sequence > tail.last + 1) this.#stale.add(tail);
        // What was there when it was loaded comes once more.
        if (sequence !== tail.last + 1) continue;
        tail.commit(event);
        fed.add(tail);
      }
    }
    for (const tail of fed) tail.wake();
  }

  #reload(tail: EventTail): void {
    const events = this.#feed.load(tail.logId, tail.last);
    for (const event of events) tail.commit(event);
    if (events.length === 0 && !tail.hasEnded && this.#feed.isGone(tail.logId)) tail.markLost();
    if (events.length > 0 || tail.isLost) tail.wake();
  }

  #forgetIdle(): void {
    for (const [logId, ofLog] of this.#tails) {
      for (const [tail, looks] of ofLog) {
        const idleLooks = tail.listenerCount === 0 ? looks + 1 : 0;
        if (tail.hasEnded || tail.isLost || idleLooks > IDLE_LOOKS) ofLog.delete(tail);
        else ofLog.set(tail, idleLooks);
      }
      if (ofLog.size === 0) this.#tails.delete(logId);
    }
    if (this.#tails.size === 0) this.close();
  }

  *#all(): Generator<EventTail> {
    for (const ofLog of this.#tails.values()) yield* ofLog.keys();
  }
}
