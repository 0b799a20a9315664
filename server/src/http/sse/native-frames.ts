import { encodeFrame } from '@millrace/protocol';
import { encodeEvents, sharedFrames } from './event-frames.ts';
import type { FrameEncoder } from './event-frames.ts';

/** The native protocol: PROTOCOL.md, "Event streams". Consecutive text events that wait are merged into one frame. */
export const encodeNativeFrames: FrameEncoder = sharedFrames((tail, from) =>
  encodeEvents(tail, from, (sequence, { name, data }) => encodeFrame(tail.logId, sequence, name, data)),
);
