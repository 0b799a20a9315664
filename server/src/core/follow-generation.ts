import type { ChatEvent } from '@millrace/protocol';
import type { EventLog } from '../ports/event-log.ts';
import type { Store } from '../store/store.ts';
import type { Reply } from '../store/transactions/generations.ts';
import { ProblemError } from './errors.ts';
import { EventTail, toRecord } from './event-tail.ts';
import { terminalEvent } from './settle.ts';

/**
 * The events of a reply after a sequence; null when the reader has seen all of them.
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
  // A log that is behind the reader may have ended and been pruned meanwhile.
  if (!tail.hasEnded && (status !== 'running' || after > tail.last)) {
    const reply = await store.findReply(userId, generationId);
    if (reply.lastSequence !== null) {
      tail = await log.open(generationId, after, reply.lastSequence);
      // The terminal event was written: a log without it was pruned, or lost with its storage.
      if (!tail.hasEnded) tail = snapshotOf(reply, reply.lastSequence);
    }
  }
  if (after > tail.last) {
    throw new ProblemError('cursor_ahead', `Event ${after} doesn’t exist yet. The last is ${tail.last}.`);
  }
  return tail.hasEnded && after === tail.last ? null : tail;
}

/** The message of a reply whose events are gone, and its terminal event. */
function snapshotOf(reply: Reply, lastSequence: number): EventTail {
  const snapshot: ChatEvent = { event: 'snapshot', data: { message: reply.message } };
  const terminal = terminalEvent(reply);
  const events = [snapshot, terminal].map((event) => toRecord(event));
  return new EventTail(reply.generation.id, lastSequence - events.length, events);
}
