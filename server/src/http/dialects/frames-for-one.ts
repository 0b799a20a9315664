import { isEventName, parseData } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import { encodeEvents } from '../sse/event-frames.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';

/**
 * An encoder for one reader, who reads a log from its beginning.
 * @param write an event in the dialect's words, '' for none; is given each once, in order, so it may remember
 */
export function framesForOne(write: (event: ChatEvent) => string): FrameEncoder {
  return (tail, from) => {
    const { text, to } = encodeEvents(tail, from, (_sequence, { name, data }) =>
      isEventName(name) ? write(parseData(name, data)) : '',
    );
    return { from, to, payload: text };
  };
}

/** An event without a name. */
export function dataFrame(data: object | '[DONE]'): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
