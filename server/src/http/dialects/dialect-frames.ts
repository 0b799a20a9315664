import { formatEventId, parseData, parseEventId } from '@millrace/protocol';
import type { ChatEvent, EventId, EventName } from '@millrace/protocol';
import type { EventTail, LoggedEvent } from '../../core/event-tail.ts';
import { sharedFrames } from '../sse/event-frames.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';

/**
 * What a dialect makes of an event: server-sent events without their last blank line, each one a write of its own; an empty
 * one is nothing but the event's id. It must make the same of the same event.
 * @param endedInReturn whether the text before ended in a carriage return, which a line feed would belong to
 */
export type Tell = (event: ChatEvent, endedInReturn: () => boolean) => readonly string[];

/** An event may have so many pieces. A power of two: a cursor between two of them is exact. */
const PIECES = 2 ** 20;

/** Ids travel in blocks of their own: by the standard those dispatch nothing, and naive clients take no notice of them. */
export function dialectFrames(tell: Tell): FrameEncoder {
  // After what it is the id of: cut in between, it is said again and not lost.
  return framesOf(tell, (block, id) => (block === '' ? `id: ${id}\n\n` : `${block}\n\nid: ${id}\n\n`));
}

/** Ids travel within their events, for clients that read streams as the standard says: cut anywhere, nothing is said twice. */
export function standardFrames(tell: Tell): FrameEncoder {
  return framesOf(tell, (block, id) => `id: ${id}\n${block}${block === '' ? '' : '\n'}\n`);
}

/** One event a write, and a cursor that may lie between the pieces of one. */
function framesOf(tell: Tell, write: (block: string, id: string) => string): FrameEncoder {
  return sharedFrames((tail, from) => {
    let cursor = from;
    while (cursor < tail.last) {
      const before = Math.floor(cursor);
      const piece = (cursor - before) * PIECES;
      const blocks = tell(eventAt(tail, before + 1), () => endsInReturn(tail, before));
      const block = blocks[piece];
      if (block === undefined) {
        cursor = before + 1;
        continue;
      }
      const to = piece + 1 < blocks.length ? before + (piece + 1) / PIECES : before + 1;
      return { text: write(block, formatCursor(tail.logId, to)), to };
    }
    return { text: '', to: cursor };
  });
}

/** An event id; where it ends within an event, with `.` and how many pieces of the next event have been told. */
function formatCursor(logId: string, cursor: number): string {
  const sequence = Math.floor(cursor);
  const pieces = (cursor - sequence) * PIECES;
  return formatEventId(logId, sequence) + (pieces === 0 ? '' : `.${pieces}`);
}

/** Null when the text isn't the id of an event in a dialect. @returns also where within the next event, as part of it */
export function parseCursor(text: string): (EventId & { part: number }) | null {
  const [, whole = '', pieces = '0'] = /^([^.]*)(?:\.([1-9]\d{0,5}))?$/.exec(text) ?? [];
  const id = parseEventId(whole);
  return id && { ...id, part: Number(pieces) / PIECES };
}

function endsInReturn(tail: EventTail, sequence: number): boolean {
  if (sequence <= tail.base) return false;
  const event = eventAt(tail, sequence);
  return event.event === 'delta' && event.data.text.endsWith('\r');
}

const parsed = new WeakMap<LoggedEvent, ChatEvent>();

/** Parsed once for all the pieces of an event, and all the readers of a reply. */
export function eventAt(tail: EventTail, sequence: number): ChatEvent {
  const logged = tail.at(sequence);
  let event = parsed.get(logged);
  if (event === undefined) {
    // Dialects follow generations; channels are followed in the native protocol alone.
    event = parseData(logged.name as EventName, logged.data);
    parsed.set(logged, event);
  }
  return event;
}
