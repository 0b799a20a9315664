import type { Chat, GenerationState, Message, NumberedEvent, Page } from '@millrace/protocol';
import { readEvents, readReply } from './caller.ts';
import type { ReadReply } from './caller.ts';

/** Somebody who uses the chat of a host application by its session cookie, as a page of that application does. */
export class HostVisitor {
  readonly #base: string;
  readonly #cookie: string;

  /** @param base where the chat is, prefix included */
  constructor(base: string, cookie: string) {
    this.#base = base;
    this.#cookie = cookie;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#cookie !== '') headers.set('cookie', this.#cookie);
    if (init.body !== undefined) headers.set('content-type', 'application/json');
    return fetch(this.#base + path, { ...init, headers });
  }

  async json<Body>(method: string, path: string, body?: object): Promise<Body> {
    const response = await this.fetch(path, { method, ...(body && { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  }

  async createChat(): Promise<string> {
    return (await this.json<Chat>('POST', '/api/chats', {})).id;
  }

  send(chatId: string, content: string, init: RequestInit = {}): Promise<Response> {
    const body = JSON.stringify({ content });
    return this.fetch(`/api/chats/${chatId}/messages`, { method: 'POST', body, ...init });
  }

  /** The first events of a reply, so many; then the connection is cut. */
  async sendAndLeave(chatId: string, content: string, count: number): Promise<NumberedEvent[]> {
    const leave = new AbortController();
    const events: NumberedEvent[] = [];
    for await (const event of readEvents(await this.send(chatId, content, { signal: leave.signal }))) {
      events.push(event);
      if (events.length === count) break;
    }
    leave.abort();
    return events;
  }

  /** What a reply has after the last of these events, by its id. */
  async resume(seen: readonly NumberedEvent[]): Promise<ReadReply> {
    const { generationId, sequence } = seen.at(-1) ?? { generationId: '', sequence: 0 };
    const headers = { 'last-event-id': `${generationId}:${sequence}` };
    return readReply(await this.fetch(`/api/generations/${generationId}/events`, { headers }));
  }

  stop(generationId: string): Promise<GenerationState> {
    return this.json('POST', `/api/generations/${generationId}/stop`, {});
  }

  async messages(chatId: string): Promise<Message[]> {
    return (await this.json<Page<Message>>('GET', `/api/chats/${chatId}/messages`)).items;
  }
}
