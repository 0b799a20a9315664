import { isEventName, parseData } from '@millrace/protocol';
import type { NumberedEvent } from '@millrace/protocol';
import type { EventTail } from './event-tail.ts';

/**
 * Yields the events of a reply after a sequence number, as they become durable, until the terminal event or until the tail is lost.
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
  // Subscribed the whole time, not only while waiting: a reply with a reader isn't abandoned.
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
