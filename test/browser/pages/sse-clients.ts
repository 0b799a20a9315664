import { fetchEventSource } from '@microsoft/fetch-event-source';
import { SSE } from 'sse.js';
import { readByStreamMessage } from '../../support/read-by-stream-message.ts';

/** An event as an SSE client delivered it. */
export interface ReceivedEvent {
  id: string;
  event: string;
  data: string;
}

const NAMES = ['meta', 'delta', 'thought', 'usage', 'notice', 'source', 'media', 'done', 'error'];

/** Each client reads a reply to its end and returns the events. All but the last are generic SSE clients. */
const sseClients = {
  /** The browser's own client. It closes when the server answers that the stream is complete. */
  eventSource: (generationId: string) =>
    new Promise<ReceivedEvent[]>((resolve) => {
      const received: ReceivedEvent[] = [];
      const source = new EventSource(`/api/generations/${generationId}/events`);
      for (const name of NAMES)
        source.addEventListener(name, (event) => {
          // A connection error, which has no data, isn't an event named `error`.
          if (event instanceof MessageEvent)
            received.push({ id: event.lastEventId, event: name, data: String(event.data) });
        });
      source.addEventListener('error', () => {
        if (source.readyState === EventSource.CLOSED) resolve(received);
      });
    }),

  fetchEventSource: async (chatId: string, content: string) => {
    const received: ReceivedEvent[] = [];
    const ending = new AbortController();
    await fetchEventSource(`/api/chats/${chatId}/messages`, {
      method: 'POST',
      // When a connection breaks, a browser drops data that `fetch` hasn't delivered, so the client may not know an event id yet.
      headers: { 'content-type': 'application/json', 'idempotency-key': chatId },
      body: JSON.stringify({ content }),
      signal: ending.signal,
      openWhenHidden: true,
      onmessage({ id, event, data }) {
        if (event === '') return;
        received.push({ id, event, data });
        if (event === 'done') ending.abort();
      },
      onerror: () => 10,
    });
    return received;
  },

  sse: (chatId: string, content: string) =>
    new Promise<ReceivedEvent[]>((resolve) => {
      const received: ReceivedEvent[] = [];
      const source = new SSE(`/api/chats/${chatId}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        payload: JSON.stringify({ content }),
        autoReconnect: true,
        reconnectDelay: 10,
      });
      for (const name of NAMES)
        source.addEventListener(name, (event: { id: string; data?: string; responseCode?: number }) => {
          if (event.responseCode !== undefined || event.data === undefined) return;
          received.push({ id: event.id, event: name, data: event.data });
          if (name !== 'done') return;
          source.close();
          resolve(received);
        });
    }),

  millrace: readByStreamMessage,
};

declare global {
  var sseClients: SseClients;
}
export type SseClients = typeof sseClients;
globalThis.sseClients = sseClients;
