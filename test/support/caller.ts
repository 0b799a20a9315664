import { randomUUID } from 'node:crypto';
import { parseEvent } from '@millrace/protocol';
import type { Chat, EventData, GenerationState, Me, Message, NumberedEvent, Page } from '@millrace/protocol';
import { createParser } from 'eventsource-parser';

/**
 * A user of the HTTP API. It uses `fetch` alone, as docs/protocol describes the API. A call rejects when the answer is a problem that
 * the OpenAPI document doesn't list for the route.
 */
export class Caller {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  static async asGuest(url: string): Promise<Caller> {
    return new Caller(url, await createSession(url, 'sign-in/anonymous', {}));
  }

  static async asUser(url: string): Promise<Caller> {
    const email = `${randomUUID()}@example.org`;
    return new Caller(
      url,
      await createSession(url, 'sign-up/email', { name: 'Ada', email, password: 'correct horse' }),
    );
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${this.token}`);
    const response = await fetch(this.url + path, { ...init, headers });
    if (response.status >= 400) {
      // Loaded on demand, because it loads the server's routes.
      const { expectDocumentedProblem } = await import('./documented-problems.ts');
      await expectDocumentedProblem(init.method ?? 'GET', path, response.clone());
    }
    return response;
  }

  send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    if (body === undefined) return this.fetch(path, { method, headers });
    const json = { 'content-type': 'application/json', ...headers };
    return this.fetch(path, { method, body: JSON.stringify(body), headers: json });
  }

  async json<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await this.send(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  }

  me(): Promise<Me> {
    return this.json('GET', '/api/me');
  }

  createChat(): Promise<Chat> {
    return this.json('POST', '/api/chats', {});
  }

  async messages(chatId: string): Promise<Message[]> {
    const page = await this.json<Page<Message>>('GET', `/api/chats/${chatId}/messages`);
    return page.items;
  }

  generation(generationId: string): Promise<GenerationState> {
    return this.json('GET', `/api/generations/${generationId}`);
  }

  /** Sends a message and reads the reply to its end. */
  async ask(content: string, chatId?: string): Promise<ReadReply> {
    const id = chatId ?? (await this.createChat()).id;
    return readReply(await this.send('POST', `/api/chats/${id}/messages`, { content }));
  }

  /** Reads the events of a reply after a sequence number, to the end. */
  async replay(generationId: string, after = 0): Promise<ReadReply> {
    return readReply(await this.fetch(`/api/generations/${generationId}/events?after=${after}`));
  }
}

export interface ReadReply {
  events: NumberedEvent[];
  meta: EventData['meta'];
  text: string;
  thoughts: string;
  /** The last event, `done` or `error`. */
  last: NumberedEvent;
}

/** The typed events of a stream, as they arrive. */
export async function* readEvents(response: Response): AsyncGenerator<NumberedEvent> {
  if (response.status !== 200 || response.body === null) {
    throw new Error(`No stream: ${response.status} ${await response.text()}`);
  }
  const queue: NumberedEvent[] = [];
  const parser = createParser({
    onEvent(raw) {
      const event = parseEvent(raw);
      if (event !== null) queue.push(event);
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* queue.splice(0);
  }
}

export async function readReply(response: Response): Promise<ReadReply> {
  const events: NumberedEvent[] = [];
  for await (const event of readEvents(response)) events.push(event);
  const [first] = events;
  const last = events.at(-1);
  if (last === undefined) throw new Error('The stream had no events');
  return {
    events,
    // A resumed stream has no `meta`, and its tests don't use it.
    meta: first?.event === 'meta' ? first.data : (undefined as never),
    text: textOf(events, 'delta'),
    thoughts: textOf(events, 'thought'),
    last,
  };
}

export function textOf(events: readonly NumberedEvent[], name: 'delta' | 'thought'): string {
  let text = '';
  for (const event of events) if (event.event === name) text += event.data.text;
  return text;
}

/** Signs in or up at `/api/auth/…`. @returns the session token */
export async function createSession(url: string, path: string, body: object): Promise<string> {
  const response = await fetch(`${url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const token = response.headers.get('set-auth-token');
  if (token === null) throw new Error(`No session: ${response.status} ${await response.text()}`);
  return token;
}
