import type { ChatEvent } from '@millrace/protocol';
import { EventTail, toRecord } from '../../../core/event-tail.ts';
import type { LogWriter } from '../../../ports/event-log.ts';
import type { LoadedRecords } from '../event-segment.ts';

/** The new sequences begin this far behind the remaining records: readers can't have seen as many lost events. */
const SEQUENCE_GAP = 1_000_000;

/**
 * The writer of a log whose last records are lost, so that it is unknown what readers have seen. Its tail has the remaining records,
 * for rebuilding the message. At the end the log is deleted, as if it had been pruned: readers get a snapshot of the message.
 */
export class IncompleteLogWriter implements LogWriter {
  readonly tail: EventTail;
  readonly hasLostEvents = true;
  readonly failure = new AbortController().signal;
  readonly #discard: (last: number) => Promise<void>;

  /**
   * @param remaining the beginning of the log
   * @param discard deletes the log, and announces its new last sequence
   */
  constructor(generationId: string, remaining: LoadedRecords, discard: (last: number) => Promise<void>) {
    this.tail = new EventTail(generationId, remaining.base + SEQUENCE_GAP, remaining.records);
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
    // Nothing was claimed.
  }
}
