import type { EventTail, LoggedEvent } from '../../core/event-tail.ts';
import type { Logger } from '../../ports/logger.ts';

/** How often the events of replies written elsewhere are looked for (ms). */
const INTERVAL = 50;

/** Keeps tails up to date whose events somebody else writes: another process, or whoever ends what we could not. */
export class TailFollowers {
  readonly #tails = new Set<EventTail>();
  readonly #read: (generationId: string, after: number) => LoggedEvent[];
  readonly #isPruned: (logId: string) => boolean;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param read the durable events after a sequence
   * @param isPruned whether a log has ended and its events are gone
   */
  constructor(
    read: (generationId: string, after: number) => LoggedEvent[],
    isPruned: (logId: string) => boolean,
    logger: Logger,
  ) {
    this.#read = read;
    this.#isPruned = isPruned;
    this.#logger = logger;
  }

  /** Follows until the terminal event, or until nobody listens any more. */
  add(tail: EventTail): void {
    this.#tails.add(tail);
    this.#timer ??= setInterval(() => this.#advance(), INTERVAL);
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#tails.clear();
  }

  #advance(): void {
    for (const tail of this.#tails) this.#advanceOne(tail);
    if (this.#tails.size === 0) this.close();
  }

  #advanceOne(tail: EventTail): void {
    try {
      const events = this.#read(tail.logId, tail.last);
      for (const event of events) tail.commit(event);
      if (events.length === 0 && this.#isPruned(tail.logId)) tail.lose();
      if (events.length > 0 || tail.isLost) tail.wake();
      if (tail.ended || tail.isLost || tail.listeners === 0) this.#tails.delete(tail);
    } catch (error) {
      // Storage in trouble: the readers wait, and are looked after again in a moment.
      this.#logger.warn({ generationId: tail.logId, err: error }, 'a reply could not be followed');
    }
  }
}
