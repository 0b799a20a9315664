import type { ChatEvent, EventData } from '@millrace/protocol';
import type { EventTail } from '../../core/event-tail.ts';
import { eventAt } from './dialect-frames.ts';

/**
 * Waits until a reply has said something or has ended; follows it meanwhile, so that it isn't taken for abandoned. Until then a
 * failure can be told by a status.
 * @param isWord whether an event says something to this client
 * @param signal aborts: it is waited no longer
 * @returns how the reply failed that said nothing; null when it didn't, or not yet
 */
export async function firstWord(
  tail: EventTail,
  isWord: (event: ChatEvent) => boolean,
  signal: AbortSignal,
): Promise<EventData['error'] | null> {
  let cursor = tail.base;
  let hasSpoken = false;
  const isSettled = () => {
    while (!hasSpoken && cursor < tail.last) {
      cursor += 1;
      const event = eventAt(tail, cursor);
      hasSpoken = event !== null && isWord(event);
    }
    return hasSpoken || tail.hasEnded || tail.isLost;
  };
  await tail.when(isSettled, signal);
  const end = hasSpoken ? null : endOf(tail);
  return end?.event === 'error' ? end.data : null;
}

/** The terminal event; null before it. */
export function endOf(tail: EventTail) {
  const last = tail.hasEnded ? eventAt(tail, tail.last) : null;
  return last?.event === 'done' || last?.event === 'error' ? last : null;
}
