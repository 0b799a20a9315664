import { parseEvent } from '@millrace/protocol';
import type { NumberedEvent } from '@millrace/protocol';
import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';

export interface Reading {
  /** Waits for the next bytes, as long as the connection is worth waiting for. */
  listen: <Said>(next: Promise<Said>) => Promise<Said>;
  /** Makes the error to throw when the connection breaks. */
  broken: (cause: unknown) => Error;
}

/**
 * Types the events of a `text/event-stream` body as they come, however the network cut its bytes. Events this
 * version doesn't know are skipped; one that the end of the body cut off is dropped, as the SSE standard says.
 * @throws ProtocolError, or what `broken` made.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { listen, broken }: Reading,
): AsyncGenerator<NumberedEvent, void> {
  const received: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => received.push(message) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  while (true) {
    const { done, value } = await listen(reader.read()).catch((cause: unknown) => {
      throw broken(cause);
    });
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
    for (const message of received.splice(0)) {
      const event = parseEvent(message);
      if (event !== null) yield event;
    }
  }
}
