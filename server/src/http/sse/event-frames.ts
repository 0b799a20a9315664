import { isMergeable, mergeData } from '@millrace/protocol';
import type { EventTail, LoggedEvent } from '../../core/event-tail.ts';

/** Encoded events of one log, from a cursor on. */
export interface Frames {
  from: number;
  /** The cursor after them. */
  to: number;
  /** A string where they are few, bytes that all readers share where they fill a write. Empty where the wire is told nothing. */
  payload: string | Buffer;
}

/** Encodes what follows a cursor for the wire: all of it, or about `MAX_CHARS` of it. */
export type FrameEncoder = (tail: EventTail, from: number) => Frames;

/** A write this long keeps a socket busy; more would only pile up in memory. */
export const MAX_CHARS = 64 * 1024;

/**
 * What has been encoded of each log. The newest frames: readers that are up to date all ask for those. And, by the cursor
 * before them, frames that fill a write: those stay as they are, and readers that come late, or fall behind, share them.
 * A thousand stalled readers so keep a thousand references, and not a thousand copies.
 */
interface Encoded {
  newest: Frames | null;
  full: Map<number, Frames>;
}

/** Makes an encoder whose work all readers share. @param encode must make the same of the same events */
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

/** Writes one event. @param sequence of the last event that was merged into it */
type WriteEvent = (logId: string, sequence: number, event: LoggedEvent) => string;

/** Encodes what follows a cursor, or about `MAX_CHARS` of it. Consecutive text events are merged. */
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
