import type { EventTail } from '../../../core/event-tail.ts';
import { MAX_CHARS } from '../../sse/event-frames.ts';
import type { FrameEncoder } from '../../sse/event-frames.ts';

/** The digits of an offset. Offsets sort as strings in the order of their sequences. */
const OFFSET_DIGITS = 16;
/** Cursors count intervals since the protocol's epoch. */
const CURSOR_INTERVAL_MS = 20_000;
const CURSOR_EPOCH_MS = Date.UTC(2024, 9, 9);
/** The largest random increment of a cursor. */
const MAX_JITTER_INTERVALS = 180;

/** The offset after an event. */
export function formatOffset(sequence: number): string {
  return String(sequence).padStart(OFFSET_DIGITS, '0');
}

/** A cursor for caches, always greater than the client's (section 10.1). */
export function nextCursor(given: number): string {
  const current = Math.floor((Date.now() - CURSOR_EPOCH_MS) / CURSOR_INTERVAL_MS);
  return String(given < current ? current : given + 1 + Math.floor(Math.random() * MAX_JITTER_INTERVALS));
}

/** The events after a sequence as a JSON array with one message for each. Without `maxChars`, all events. */
export function messagesAfter(
  tail: EventTail,
  from: number,
  maxChars = Number.POSITIVE_INFINITY,
): { json: string; to: number } {
  const messages: string[] = [];
  let length = 0;
  let to = from;
  while (to < tail.last && length < maxChars) {
    to += 1;
    const event = tail.at(to);
    if (event === null) continue;
    const { name, data } = event;
    const message = `{"id":"${tail.logId}:${to}","event":"${name}","data":${data}}`;
    messages.push(message);
    length += message.length;
  }
  return { json: `[${messages.join(',')}]`, to };
}

/** The control event with a reader's offset (section 5.8). @param cursor the cursor of the reader's request */
export function controlFrame(tail: EventTail, at: number, cursor: number): string {
  const isLast = at === tail.last;
  const control = {
    streamNextOffset: formatOffset(at),
    ...(isLast && { upToDate: true }),
    ...(isLast && tail.hasEnded ? { streamClosed: true } : { streamCursor: nextCursor(cursor) }),
  };
  return `event: control\ndata: ${JSON.stringify(control)}\n\n`;
}

/** Encodes reads with `live=sse`. */
export function durableFrames(cursor: number): FrameEncoder {
  return (tail, from) => {
    const { json, to } = messagesAfter(tail, from, MAX_CHARS);
    const data = json === '[]' ? '' : `event: data\ndata: ${json}\n\n`;
    return { from, to, payload: data + controlFrame(tail, to, cursor) };
  };
}
