import type { ChatEvent, EventData } from '@millrace/protocol';
import type { EventTail } from '../../core/event-tail.ts';
import { eventAt } from './resumable-frames.ts';

/**
 * Waits for the first output of a reply or its end. Meanwhile it counts as a reader, so that the reply isn't stopped as unread.
 * @param isOutput whether an event is output to this client
 * @param signal ends the wait
 * @returns the error of a reply that failed without output; null if it has output, or hasn't ended
 */
export async function waitForFirstOutput(
  tail: EventTail,
  isOutput: (event: ChatEvent) => boolean,
  signal: AbortSignal,
): Promise<EventData['error'] | null> {
  let cursor = tail.base;
  let hasOutput = false;
  const isDecided = () => {
    while (!hasOutput && cursor < tail.last) {
      cursor += 1;
      const event = eventAt(tail, cursor);
      hasOutput = event !== null && isOutput(event);
    }
    return hasOutput || tail.hasEnded || tail.isLost;
  };
  await tail.when(isDecided, signal);
  const end = hasOutput ? null : terminalEventOf(tail);
  return end?.event === 'error' ? end.data : null;
}

/** The terminal event; null before it. */
export function terminalEventOf(tail: EventTail) {
  const last = tail.hasEnded ? eventAt(tail, tail.last) : null;
  return last?.event === 'done' || last?.event === 'error' ? last : null;
}
