import { isEventName, parseData } from '@millrace/protocol';
import type { NumberedEvent } from '@millrace/protocol';
import type { EventTail } from './event-tail.ts';

/**
 * The events of a reply after a sequence, as they become durable, to the last; or to where the tail was lost.
 * @throws the signal's reason
 */
export async function* readTail(
  tail: EventTail,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent, void, undefined> {
  let cursor = Math.max(after, tail.base);
  let wake = () => {};
  const awaken = () => wake();
  // Listening all the time, not only while waiting: a reply that somebody reads isn't abandoned.
  const unsubscribe = tail.subscribe(awaken);
  signal.addEventListener('abort', awaken);
  try {
    for (;;) {
      signal.throwIfAborted();
      while (cursor < tail.last) {
        cursor += 1;
        const event = tail.at(cursor);
        if (event === null || !isEventName(event.name)) continue;
        yield { generationId: tail.logId, sequence: cursor, ...parseData(event.name, event.data) };
        signal.throwIfAborted();
      }
      if (tail.hasEnded || tail.isLost) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', awaken);
  }
}
