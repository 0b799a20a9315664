import { fetchEventSource } from '@microsoft/fetch-event-source';
import { SSE } from 'sse.js';
import { readByStreamMessage } from '../../support/read-by-stream-message.ts';

/** An event as a client of somebody else streamed it. */
export interface Told {
  id: string;
  event: string;
  data: string;
}

const NAMES = ['meta', 'delta', 'thought', 'usage', 'notice', 'source', 'media', 'done', 'error'];

/** Each reads a reply to its end, and answers all it was streamed. All but the last know nothing of Millrace. */
const judges = {
  /** The browser's own. It ends by itself when the server says that nothing is left. */
  eventSource: (generationId: string) =>
    new Promise<Told[]>((resolve) => {
      const streamed: Told[] = [];
      const source = new EventSource(`/api/generations/${generationId}/events`);
      for (const name of NAMES)
        source.addEventListener(name, (event) => {
          // Its own error, which has no data, is something else than an event of that name.
          if (event instanceof MessageEvent)
            streamed.push({ id: event.lastEventId, event: name, data: String(event.data) });
        });
      source.addEventListener('error', () => {
        if (source.readyState === EventSource.CLOSED) resolve(streamed);
      });
    }),

  fetchEventSource: async (chatId: string, content: string) => {
    const streamed: Told[] = [];
    const ending = new AbortController();
    await fetchEventSource(`/api/chats/${chatId}/messages`, {
      method: 'POST',
      // A browser forgets what it hasn't given to `fetch` yet when a connection breaks, so an id may never have been seen.
      headers: { 'content-type': 'application/json', 'idempotency-key': chatId },
      body: JSON.stringify({ content }),
      signal: ending.signal,
      openWhenHidden: true,
      onmessage({ id, event, data }) {
        if (event === '') return;
        streamed.push({ id, event, data });
        if (event === 'done') ending.abort();
      },
      onerror: () => 10,
    });
    return streamed;
  },

  sse: (chatId: string, content: string) =>
    new Promise<Told[]>((resolve) => {
      const streamed: Told[] = [];
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
          streamed.push({ id: event.id, event: name, data: event.data });
          if (name !== 'done') return;
          source.close();
          resolve(streamed);
        });
    }),

  millrace: readByStreamMessage,
};

declare global {
  var judges: Judges;
}
export type Judges = typeof judges;
globalThis.judges = judges;
