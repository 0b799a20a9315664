import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';

export interface StandardReading {
  events: EventSourceMessage[];
  /** The number of connections. */
  connections: number;
  lastEventId: string | null;
}

/**
 * Reads a stream as the standard says, and reconnects with `Last-Event-ID` whenever it breaks, until the server answers 204 or
 * `isEnd` returns true.
 */
export async function readReconnecting(
  ask: (headers: Record<string, string>) => Promise<Response>,
  isEnd: (event: EventSourceMessage) => boolean,
): Promise<StandardReading> {
  const reading: StandardReading = { events: [], connections: 0, lastEventId: null };
  const onEvent = (event: EventSourceMessage) => {
    reading.events.push(event);
  };
  const onId = (id: string) => (reading.lastEventId = id);
  while (!reading.events.some(isEnd)) {
    reading.connections += 1;
    if (reading.connections > 1000) throw new Error('The stream did not end after 1000 connections');
    const { lastEventId } = reading;
    const response = await broken(ask(lastEventId === null ? {} : { 'last-event-id': lastEventId }));
    if (response === null) continue;
    if (response.status === 204) break;
    if (!response.ok || response.body === null)
      throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    const parser = createParser({ onEvent, onId });
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const piece = await broken(reader.read());
      if (piece === null || piece.done) break;
      parser.feed(decoder.decode(piece.value, { stream: true }));
    }
  }
  return reading;
}

/** Null if the network failed. */
async function broken<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** The data of all events with this name. */
export function dataOf(events: readonly EventSourceMessage[], name?: string): string[] {
  return events.filter(({ event }) => event === name).map(({ data }) => data);
}
