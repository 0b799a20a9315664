import { isEventName, parseData } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import type { LoggedEvent } from '../../core/event-tail.ts';
import { encodeEvents } from '../sse/event-frames.ts';
import type { FrameEncoder } from '../sse/event-frames.ts';

/**
 * An encoder for one reader, who reads a log from its beginning.
 * @param write an event in the dialect's words, '' for none; is given each once, in order, so it may remember
 */
export function framesForOne(write: (event: ChatEvent) => string): FrameEncoder {
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
