import { encodeFrame, isMergeable, mergeData } from '@millrace/protocol';
import type { EventTail } from '../../core/event-tail.ts';

/** Encoded events of one log, from a cursor on. */
export interface Frames {
  from: number;
  text: string;
  /** The cursor after them. */
  to: number;
}

/** Encodes what follows a cursor for the wire: all of it, or about `MAX_CHARS` of it. */
export type FrameEncoder = (tail: EventTail, from: number) => Frames;

/** A write this long keeps a socket busy; more would only pile up in memory. */
const MAX_CHARS = 64 * 1024;

/** The frames encoded last for each log: readers that are up to date all ask for the same ones. */
const newest = new WeakMap<EventTail, Frames>();

/** The native protocol: PROTOCOL.md, "Event streams". Consecutive text events that wait are merged into one frame. */
export const encodeNativeFrames: FrameEncoder = (tail, from) => {
  const known = newest.get(tail);
  if (known?.from === from && known.to === tail.last) return known;
  const frames = encode(tail, from);
  newest.set(tail, frames);
  return frames;
};

function encode(tail: EventTail, from: number): Frames {
  let text = '';
  let cursor = from;
  while (cursor < tail.last && text.length < MAX_CHARS) {
    const first = tail.at(cursor + 1);
    cursor += 1;
    let { data } = first;
    if (isMergeable(first.name)) {
      const run = [data];
      let length = text.length + data.length;
      while (cursor < tail.last && length < MAX_CHARS && tail.at(cursor + 1).name === first.name) {
        cursor += 1;
        const next = tail.at(cursor).data;
        length += next.length;
        run.push(next);
      }
      if (run.length > 1) data = mergeData(run);
    }
    text += encodeFrame(tail.generationId, cursor, first.name, data);
  }
  return { from, text, to: cursor };
}
