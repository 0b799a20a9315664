import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';

/**
 * The events of a `text/event-stream` body, however the network splits its bytes. As the SSE standard requires, an
 * event that the end of the body cuts off is dropped, and an event without an id has the id of the previous event.
 * @param wait waits for the next bytes; rejects when the connection breaks or is closed
 */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  wait: <Data>(next: Promise<Data>) => Promise<Data>,
): AsyncGenerator<EventSourceMessage, void> {
  const received: EventSourceMessage[] = [];
  let lastId: string | undefined;
  const parser = createParser({
    onId: (id) => {
      lastId = id;
    },
    onEvent: (message) => received.push({ ...message, id: lastId }),
  });
  // The parser drops the byte order mark, of which the standard allows one.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const reader = body.getReader();
  while (true) {
    const { done, value } = await wait(reader.read());
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
    yield* received.splice(0);
  }
}
