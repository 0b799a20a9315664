import { isEventName, parseData } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import type { LoggedEvent } from '../../core/event-tail.ts';
import { encodeEvents } from '../sse/event-frames.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';

/**
 * Returns an encoder for one reader, who reads a log from its beginning.
 * @param write encodes an event, '' to skip it. It is called once for each event, in order, so it may keep state.
 */
export function singleReaderFrames(write: (event: ChatEvent) => string): FrameEncoder {
  const writeLogged = (_logId: string, _sequence: number, { name, data }: LoggedEvent) =>
    isEventName(name) ? write(parseData(name, data)) : '';
  return (tail, from) => {
    const { text, to } = encodeEvents(tail, from, writeLogged);
    return { from, to, payload: text };
  };
}

/** An event without a name. */
export function dataFrame(data: object | '[DONE]'): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
