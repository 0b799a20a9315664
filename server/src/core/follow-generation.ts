import { encodeData } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import type { EventLog } from '../ports/event-log.ts';
import type { Store } from '../store/store.ts';
import type { Reply } from '../store/transactions/generations.ts';
import { ProblemError } from './errors.ts';
import { EventTail } from './event-tail.ts';
import { terminalEvent } from './settle.ts';

/**
 * The events of a reply after a sequence; null when nothing is left.
 * @throws ProblemError `not_found`, `cursor_ahead`
 */
export async function followGeneration(
  { store, log }: { store: Store; log: Pick<EventLog, 'open'> },
  userId: string,
  generationId: string,
  after: number,
): Promise<EventTail | null> {
  const { status } = await store.findGeneration(userId, generationId);
  let tail = await log.open(generationId, after);
  // One that seems to lack what was seen may have ended since, and be gone.
  if (!tail.hasEnded && (status !== 'running' || after > tail.last)) {
    const reply = await store.findReply(userId, generationId);
    if (reply.lastSequence !== null) {
      tail = await log.open(generationId, after, reply.lastSequence);
      // Its end is there for all to see: a log that doesn't have it was pruned, or lost with what kept it.
      if (!tail.hasEnded) tail = snapshotOf(reply, reply.lastSequence);
    }
  }
  if (after > tail.last) {
    throw new ProblemError('cursor_ahead', `The log ends at ${tail.last}; nobody can have seen ${after}.`);
  }
  return tail.hasEnded && after === tail.last ? null : tail;
}

/** What is left of a reply whose events are gone: its message, and how it ended. */
function snapshotOf(reply: Reply, lastSequence: number): EventTail {
  const snapshot: ChatEvent = { event: 'snapshot', data: { message: reply.message } };
  const terminal = terminalEvent(reply);
  const events = [snapshot, terminal].map((event) => ({ name: event.event, data: encodeData(event) }));
  return new EventTail(reply.generation.id, lastSequence - events.length, events);
}
