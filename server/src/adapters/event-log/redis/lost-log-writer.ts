import { toRecord } from '../log-record.ts';
import type { ChatEvent } from '@millrace/protocol';
import { EventTail } from '../../../core/event-tail.ts';
import type { LogWriter } from '../../../ports/event-log.ts';
import type { LoadedEvents } from '../event-segment.ts';

/** So far ahead of what is left it numbers: nobody can have seen so many events that are lost. */
const LEAP = 1_000_000;

/**
 * The writer of a log of which the last part is lost, so that nobody knows what its readers have seen. Its tail has what is left,
 * for the message to be made of. Once that has its end the log is thrown away, as if it had been pruned: readers get the message.
 */
export class LostLogWriter implements LogWriter {
  readonly tail: EventTail;
  readonly hasLostEvents = true;
  readonly failure = new AbortController().signal;
  readonly #discard: (last: number) => Promise<void>;

  /**
   * @param left the beginning of the log
   * @param discard deletes it, and tells its readers that it goes on elsewhere
   */
  constructor(generationId: string, left: LoadedEvents, discard: (last: number) => Promise<void>) {
    this.tail = new EventTail(generationId, left.base + LEAP, left.events);
    this.#discard = discard;
  }

  append(event: ChatEvent | null, privateData?: object): void {
    this.tail.commit(toRecord(event, privateData));
  }

  /** @throws StorageError */
  async flush(): Promise<void> {
    if (this.tail.hasEnded) await this.#discard(this.tail.last);
  }

  release(): void {
    // It was nobody else's to begin with.
  }
}
