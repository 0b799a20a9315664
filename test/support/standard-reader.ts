import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';

export interface StandardReading {
  events: EventSourceMessage[];
  /** How often it has connected. */
  connections: number;
  lastEventId: string | null;
}

/**
 * Reads a stream as the standard says, and comes back with `Last-Event-ID` as often as it breaks, until the server has nothing
 * left (204) or `isEnd` says so.
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
    if (reading.connections > 1000) throw new Error('It never ends');
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

/** Null for what the network broke. */
async function broken<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** The whole text of raw dialects. */
export function dataOf(events: readonly EventSourceMessage[], name?: string): string[] {
  return events.filter(({ event }) => event === name).map(({ data }) => data);
}
