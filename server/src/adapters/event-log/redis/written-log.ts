import type { EventTail } from '../../../core/event-tail.ts';
import type { Claim } from './redis-streams.ts';
import { encodeEntry } from './stream-entry.ts';

/**
 * Where a log stands that this process writes to Redis.
 *
 * - `unclaimed`: a new log that Redis doesn't know yet; the first append claims it
 * - `confirmed`: claimed, and Redis knows that it holds everything that was sent
 * - `unconfirmed`: claimed, but what was sent last may be missing, though a reader may have seen it
 * - `released`: no longer written here; an ended log stays in Redis until PostgreSQL has all of it
 * - `lost`: another node has taken it over; nothing is written any more
 *
 * ```
 * unclaimed ──claimed, restored──> confirmed <──restored──> unconfirmed
 * any of these ──release──> released
 * any of these, released too ──lose──> lost
 * ```
 */
export type WrittenLogState = 'unclaimed' | 'confirmed' | 'unconfirmed' | 'released' | 'lost';

interface NewWrittenLog {
  claim: Claim;
  nodeId: string;
  tail: EventTail;
  isClaimed: boolean;
  /** The last sequence that PostgreSQL has. */
  savedTo: number;
}

/** A log in Redis that this process writes. */
export class WrittenLog implements Claim {
  readonly generationId: string;
  readonly epoch: number;
  readonly writer: string;
  readonly nodeId: string;
  readonly tail: EventTail;
  /** The last sequence that was ever sent to Redis, whether or not it answered. */
  sentTo: number;
  /** The last sequence that PostgreSQL has. */
  savedTo: number;
  /** Redis holds the records after this sequence: one checkpoint more than it must, for readers that load a gap. */
  trimmedTo: number;
  #state: WrittenLogState;

  constructor({ claim, nodeId, tail, isClaimed, savedTo }: NewWrittenLog) {
    this.generationId = claim.generationId;
    this.epoch = claim.epoch;
    this.writer = claim.writer;
    this.nodeId = nodeId;
    this.tail = tail;
    this.sentTo = tail.last;
    this.savedTo = savedTo;
    this.trimmedTo = savedTo;
    this.#state = isClaimed ? 'confirmed' : 'unclaimed';
  }

  get state(): WrittenLogState {
    return this.#state;
  }

  /** Redis has the claim. */
  claimed(): void {
    if (this.#state === 'unclaimed') this.#state = 'confirmed';
  }

  /** Redis has the claim and what was committed. @param isComplete whether it has everything that was ever sent */
  restored(isComplete: boolean): void {
    if (this.#state === 'released' || this.#state === 'lost') return;
    this.#state = isComplete ? 'confirmed' : 'unconfirmed';
  }

  release(): void {
    if (this.#state !== 'lost') this.#state = 'released';
  }

  lose(): void {
    this.#state = 'lost';
  }

  /** The records that Redis should hold, as one entry; empty when there are none. */
  retainedEntry(): string {
    const records = this.tail.records(this.trimmedTo);
    return records.length === 0 ? '' : encodeEntry(this.trimmedTo + 1, records);
  }
}
