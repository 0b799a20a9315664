import { formatEventId, parseData, parseEventId } from '@millrace/protocol';
import type { ChatEvent, EventId, EventName } from '@millrace/protocol';
import type { EventTail, LoggedEvent } from '../../core/event-tail.ts';
import { sharedFrames } from '../sse/event-frames.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';
import { textIn } from './raw-text.ts';

/**
 * Encodes an event as server-sent events without their last blank line. Each is one write; an empty one sends only the event's
 * id. Must be a pure function of the event.
 * @param endedInReturn whether the text before ended in a carriage return, which would form one line end with a line feed
 */
export type EncodeEvent = (event: ChatEvent, endedInReturn: () => boolean) => readonly string[];

/** The most pieces of one event. A power of two, so that a cursor between two pieces is exact. */
const MAX_PIECES = 2 ** 20;

/** Sends ids in separate blocks. By the standard such blocks dispatch nothing, and simple clients ignore them. */
export function separateIdFrames(encode: EncodeEvent): FrameEncoder {
  // An id follows its event: if the connection breaks in between, the event is sent again and not lost.
  return framesOf(encode, (block, id) => (block === '' ? `id: ${id}\n\n` : `${block}\n\nid: ${id}\n\n`));
}

/** Sends ids within their events, for clients that follow the standard: after a broken connection nothing is sent twice. */
export function inlineIdFrames(encode: EncodeEvent): FrameEncoder {
  return framesOf(encode, (block, id) => `id: ${id}\n${block}${block === '' ? '' : '\n'}\n`);
}

/** Writes one piece at a time. A cursor may lie between the pieces of an event. */
function framesOf(encode: EncodeEvent, write: (block: string, id: string) => string): FrameEncoder {
  // A long event has hundreds of pieces, which are encoded at once and written one by one.
  let last: { event: LoggedEvent; blocks: readonly string[] } | null = null;
  const blocksAt = (tail: EventTail, sequence: number) => {
    const event = tail.at(sequence);
    if (event === null) return [];
    if (last?.event !== event) {
      const blocks = encode(parse(event), () => endsInReturn(tail, sequence - 1));
      last = { event, blocks };
    }
    return last.blocks;
  };
  return sharedFrames((tail, from) => {
    let cursor = from;
    while (cursor < tail.last) {
      const before = Math.floor(cursor);
      const piece = (cursor - before) * MAX_PIECES;
      const blocks = blocksAt(tail, before + 1);
      const block = blocks[piece];
      if (block === undefined) {
        cursor = before + 1;
        continue;
      }
      const to = piece + 1 < blocks.length ? before + (piece + 1) / MAX_PIECES : before + 1;
      return { text: write(block, formatCursor(tail.logId, to)), to };
    }
    return { text: '', to: cursor };
  });
}

/** An event id. Within an event, `.` and the number of sent pieces of the next event follow. */
function formatCursor(logId: string, cursor: number): string {
  const sequence = Math.floor(cursor);
  const pieces = (cursor - sequence) * MAX_PIECES;
  return formatEventId(logId, sequence) + (pieces === 0 ? '' : `.${pieces}`);
}

/** Null if the text isn't an event id. @returns also the sent fraction of the next event, as `part` */
export function parseCursor(text: string): (EventId & { part: number }) | null {
  const [, whole = '', pieces = '0'] = /^([^.]*)(?:\.([1-9]\d{0,5}))?$/.exec(text) ?? [];
  const id = parseEventId(whole);
  return id && { ...id, part: Number(pieces) / MAX_PIECES };
}

/** Whether the text up to an event ends in a carriage return. Events without text are skipped. */
function endsInReturn(tail: EventTail, sequence: number): boolean {
  for (let at = sequence; at > tail.base; at -= 1) {
    const event = eventAt(tail, at);
    const text = event === null ? '' : textIn(event);
    if (text !== '') return text.endsWith('\r');
  }
  return false;
}

/** The event with this sequence; null if the log has none. */
export function eventAt(tail: EventTail, sequence: number): ChatEvent | null {
  const event = tail.at(sequence);
  return event && parse(event);
}

function parse({ name, data }: LoggedEvent): ChatEvent {
  // These endpoints follow generations; only the native protocol follows channels.
  return parseData(name as EventName, data);
}
