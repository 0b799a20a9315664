import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';

export interface Reading {
  /** Waits for the next bytes, as long as the connection is worth waiting for. */
  listen: <Said>(next: Promise<Said>) => Promise<Said>;
  /** Makes the error to throw when the connection breaks. */
  broken: (cause: unknown) => Error;
}

/**
 * The events of a `text/event-stream` body as they come, however the network cut its bytes. One that the end of the
 * body cut off is dropped, and one without an id has that of the one before, as the SSE standard says.
 * @throws what `broken` made.
 */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  { listen, broken }: Reading,
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
    const { done, value } = await listen(reader.read()).catch((cause: unknown) => {
      throw broken(cause);
    });
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
    yield* received.splice(0);
  }
}
