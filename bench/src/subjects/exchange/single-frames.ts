import { encodeFrame } from '@millrace/protocol';
import type { EventTail } from '../../../../server/src/core/event-tail.ts';
import type { FrameEncoder, Frames } from '../../../../server/src/http/sse/event-frames.ts';

const encodedOf = new WeakMap<EventTail, Map<number, Frames>>();

/** Each event in its own frame and write, as compatibility endpoints need; all readers share the frames. */
export const encodeNativeFrames: FrameEncoder = (tail, from) => {
  let encoded = encodedOf.get(tail);
  if (encoded === undefined) {
    encoded = new Map();
    encodedOf.set(tail, encoded);
  }
  let frames = encoded.get(from);
  if (frames === undefined) {
    const event = tail.at(from + 1);
    const payload = event === null ? '' : encodeFrame(tail.logId, from + 1, event.name, event.data);
    frames = { from, to: from + 1, payload };
    encoded.set(from, frames);
  }
  return frames;
};
