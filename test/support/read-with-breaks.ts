import { expect } from 'vitest';
import { readEvents, textOf } from './caller.ts';

const MAX_EVENTS_PER_CONNECTION = 20;

/** Reads a reply to its end, and reconnects after every few events. @returns its text */
export async function readWithBreaks(
  client: { fetch(path: string, init: RequestInit): Promise<Response> },
  generationId: string,
  random: () => number,
): Promise<string> {
  let text = '';
  let after = 0;
  for (;;) {
    let remaining = 1 + Math.floor(random() * MAX_EVENTS_PER_CONNECTION);
    const connection = new AbortController();
    const headers = { 'last-event-id': `${generationId}:${after}` };
    const path = `/api/generations/${generationId}/events`;
    const response = await client.fetch(path, { headers, signal: connection.signal });
    for await (const event of readEvents(response)) {
      expect(event.sequence).toBeGreaterThan(after);
      after = event.sequence;
      text += textOf([event], 'delta');
      if (event.event === 'done') return text;
      remaining -= 1;
      if (remaining === 0) break;
    }
    connection.abort();
  }
}
