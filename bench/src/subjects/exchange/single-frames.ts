import { encodeFrame } from '@millrace/protocol';
import type { EventTail } from '../../../../server/src/core/event-tail.ts';
import type { FrameEncoder, Frames } from '../../../../server/src/http/sse/event-frames.ts';

/** Shares every frame there is with all readers. */
export function sharedFrames(
  encode: (tail: EventTail, from: number) => { text: string; to: number },
): FrameEncoder {
  const encodedOf = new WeakMap<EventTail, Map<number, Frames>>();
  return (tail, from) => {
    let encoded = encodedOf.get(tail);
    if (encoded === undefined) {
      encoded = new Map();
      encodedOf.set(tail, encoded);
    }
    let frames = encoded.get(from);
    if (frames === undefined) {
      const { text, to } = encode(tail, from);
      frames = { from, to, payload: text };
      encoded.set(from, frames);
    }
    return frames;
  };
}

/** Each event in a frame and a write of its own, as dialects need it. */
export const encodeNativeFrames: FrameEncoder = sharedFrames((tail, from) => {
  const { name, data } = tail.at(from + 1);
  return { text: encodeFrame(tail.logId, from + 1, name, data), to: from + 1 };
});
