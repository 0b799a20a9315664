import type { Chat, GenerationState, Message, NumberedEvent, Page } from '@millrace/protocol';
import { readEvents, readReply } from './caller.ts';
import type { ReadReply } from './caller.ts';

/** A user of a host application, whose session cookie authenticates the chat's requests too. */
export class HostVisitor {
  readonly #base: string;
  readonly #cookie: string;

  /** @param base the URL of the chat, with its prefix */
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

  /** Reads the first `count` events of a reply, then closes the connection. */
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

  /** Resumes a reply after the last of these events, with its id. */
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
