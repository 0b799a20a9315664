import type { EventTail } from '../../../core/event-tail.ts';
import type { Claim } from './redis-streams.ts';
import { encodeEntry } from './stream-entry.ts';

/** A log in Redis that this process writes. */
export interface WrittenLog extends Claim {
  readonly nodeId: string;
  readonly tail: EventTail;
  /** Whether Redis knows whose it is. */
  isClaimed: boolean;
  /** Whether it was found to be another's. */
  isLost: boolean;
  /** The last sequence that Redis was ever told, whether or not it answered. */
  sent: number;
  /** Whether what was sent last may be lost, though it may have been seen. */
  isOpen: boolean;
  /** Whether nothing is written any more. */
  isLeft: boolean;
  /** The last sequence that PostgreSQL has, and that which it had a checkpoint before. */
  saved: number;
  savedBefore: number;
}

/** What of a log's events Redis should have, in one entry; empty when that is nothing. */
export function unsavedEntry({ tail, savedBefore }: WrittenLog): string {
  const events = tail.records(savedBefore);
  return events.length === 0 ? '' : encodeEntry(savedBefore + 1, events);
}
