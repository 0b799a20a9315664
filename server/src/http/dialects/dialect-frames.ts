import { formatEventId, parseData, parseEventId } from '@millrace/protocol';
import type { ChatEvent, EventId, EventName } from '@millrace/protocol';
import type { EventTail, LoggedEvent } from '../../core/event-tail.ts';
import { sharedFrames } from '../sse/event-frames.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';
import { textIn } from './raw-text.ts';

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
  // A long event has hundreds of pieces, which are told at once and written one after the other.
  let last: { event: LoggedEvent; blocks: readonly string[] } | null = null;
  const blocksAt = (tail: EventTail, sequence: number) => {
    const event = tail.at(sequence);
    if (event === null) return [];
    if (last?.event !== event) {
      const blocks = tell(parse(event), () => endsInReturn(tail, sequence - 1));
      last = { event, blocks };
    }
    return last.blocks;
  };
  return sharedFrames((tail, from) => {
    let cursor = from;
    while (cursor < tail.last) {
      const before = Math.floor(cursor);
      const piece = (cursor - before) * PIECES;
      const blocks = blocksAt(tail, before + 1);
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

/** Whether the text up to an event ends in a carriage return; events that add no text to it may lie between. */
function endsInReturn(tail: EventTail, sequence: number): boolean {
  for (let at = sequence; at > tail.base; at -= 1) {
    const event = eventAt(tail, at);
    const text = event === null ? '' : textIn(event);
    if (text !== '') return text.endsWith('\r');
  }
  return false;
}

/** The event with this sequence; null where the record has none. */
export function eventAt(tail: EventTail, sequence: number): ChatEvent | null {
  const event = tail.at(sequence);
  return event && parse(event);
}

function parse({ name, data }: LoggedEvent): ChatEvent {
  // Dialects follow generations; channels are followed in the native protocol alone.
  return parseData(name as EventName, data);
}
