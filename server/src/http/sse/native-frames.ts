import { encodeFrame } from '@millrace/protocol';
import type { LoggedEvent } from '../../core/event-tail.ts';
import { encodeEvents, sharedFrames } from './event-frames.ts';
import type { FrameEncoder } from './event-frames.ts';

/** The native protocol: docs/protocol/event-streams.md, 5.3. Consecutive text events are merged into one frame. */
export const encodeNativeFrames: FrameEncoder = sharedFrames((tail, from) =>
  encodeEvents(tail, from, writeNative),
);

function writeNative(logId: string, sequence: number, { name, data }: LoggedEvent): string {
  return encodeFrame(logId, sequence, name, data);
}
