import { isMergeable, mergeData } from '@millrace/protocol';
import type { EventTail, LoggedEvent } from '../../core/event-tail.ts';

/** Encoded events of one log, from a cursor on. */
export interface Frames {
  from: number;
  /** The cursor after them. */
  to: number;
  /** A string when it is short; bytes that all readers share when it fills a write. Empty when there is nothing to send. */
  payload: string | Buffer;
}

/** Encodes the events after a cursor: all of them, or about `MAX_CHARS`. */
export type FrameEncoder = (tail: EventTail, from: number) => Frames;

/** A write of this length keeps a socket busy; more would only fill memory. */
export const MAX_CHARS = 64 * 1024;

/**
 * The encoded frames of each log. The newest frames are what all readers need that are up to date. Frames that fill a write don't
 * change any more: readers that are behind share them, by the cursor before them. So a thousand stalled readers hold a
 * thousand references, and not a thousand copies.
 */
interface Encoded {
  newest: Frames | null;
  full: Map<number, Frames>;
}

/** Returns an encoder whose work all readers share. @param encode must be a pure function of the events */
export function sharedFrames(
  encode: (tail: EventTail, from: number) => { text: string; to: number },
): FrameEncoder {
  const encodedOf = new WeakMap<EventTail, Encoded>();
  return (tail, from) => {
    let encoded = encodedOf.get(tail);
    if (encoded === undefined) {
      encoded = { newest: null, full: new Map() };
      encodedOf.set(tail, encoded);
    }
    const { newest, full } = encoded;
    if (newest?.from === from && newest.to === tail.last) return newest;
    const known = full.get(from);
    if (known !== undefined) return known;

    const { text, to } = encode(tail, from);
    if (text.length < MAX_CHARS) {
      encoded.newest = { from, to, payload: text };
      return encoded.newest;
    }
    const frames = { from, to, payload: Buffer.from(text) };
    full.set(from, frames);
    return frames;
  };
}

/** Encodes one event. @param sequence the sequence of the last event merged into it */
type WriteEvent = (logId: string, sequence: number, event: LoggedEvent) => string;

/** Encodes the events after a cursor, up to about `MAX_CHARS`. Consecutive text events are merged. */
export function encodeEvents(tail: EventTail, from: number, write: WriteEvent): { text: string; to: number } {
  let text = '';
  let cursor = from;
  while (cursor < tail.last && text.length < MAX_CHARS) {
    cursor += 1;
    let event = tail.at(cursor);
    if (event === null) continue;
    // Usually one event at a time is new, and there is nothing to merge.
    if (isMergeable(event.name) && cursor < tail.last) {
      const { name } = event;
      const run = [event.data];
      let length = text.length + event.data.length;
      while (cursor < tail.last && length < MAX_CHARS) {
        const next = tail.at(cursor + 1);
        if (next !== null && next.name !== name) break;
        cursor += 1;
        if (next === null) continue;
        length += next.data.length;
        run.push(next.data);
      }
      if (run.length > 1) event = { name, data: mergeData(run) };
    }
    text += write(tail.logId, cursor, event);
  }
  return { text, to: cursor };
}
