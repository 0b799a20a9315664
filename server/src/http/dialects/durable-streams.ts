import type { EventTail } from '../../core/event-tail.ts';
import { MAX_CHARS } from '../sse/event-frames.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';

/** Digits of an offset: as strings, offsets are in the order of the sequences they stand for. */
const OFFSET_DIGITS = 16;
/** Intervals of cursors (ms), counted from the protocol's epoch, and the most that one is pushed on (intervals). */
const CURSOR_INTERVAL = 20_000;
const CURSOR_EPOCH = Date.UTC(2024, 9, 9);
const CURSOR_JITTER = 180;

/** The offset after an event. */
export function formatOffset(sequence: number): string {
  return String(sequence).padStart(OFFSET_DIGITS, '0');
}

/** A cursor for caches, always beyond the client's (section 10.1). */
export function nextCursor(given: number): string {
  const current = Math.floor((Date.now() - CURSOR_EPOCH) / CURSOR_INTERVAL);
  return String(given < current ? current : given + 1 + Math.floor(Math.random() * CURSOR_JITTER));
}

/** The events after a sequence, each one message, as a JSON array. Without `maxChars`, all. */
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

/** Where a reader is (section 5.8). @param cursor the one it came with */
export function controlFrame(tail: EventTail, at: number, cursor: number): string {
  const isLast = at === tail.last;
  const control = {
    streamNextOffset: formatOffset(at),
    ...(isLast && { upToDate: true }),
    ...(isLast && tail.hasEnded ? { streamClosed: true } : { streamCursor: nextCursor(cursor) }),
  };
  return `event: control\ndata: ${JSON.stringify(control)}\n\n`;
}

/** The read side's `live=sse`. */
export function durableFrames(cursor: number): FrameEncoder {
  return (tail, from) => {
    const { json, to } = messagesAfter(tail, from, MAX_CHARS);
    const data = json === '[]' ? '' : `event: data\ndata: ${json}\n\n`;
    return { from, to, payload: data + controlFrame(tail, to, cursor) };
  };
}
