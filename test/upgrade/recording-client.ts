import { createHash } from 'node:crypto';
import { createParser } from 'eventsource-parser';
import type { RecordedState } from './state.ts';

/** One event of a stream of any version of the protocol. */
export interface RawEvent {
  event: string;
  data: Record<string, unknown>;
}

/** The fields of a reply that every version of the protocol has. */
export interface RawReply {
  chatId: string;
  messageId: string;
  generationId: string;
  text: string;
  status: string;
  protocol: number;
}

/** Calls a server of any version. It relies only on paths and on names of events. */
export class RecordingClient {
  readonly name: string;
  readonly url: string;
  readonly token: string;

  constructor(name: string, url: string, token: string) {
    this.name = name;
    this.url = url;
    this.token = token;
  }

  /** The same user on a restarted server. */
  at(url: string): RecordingClient {
    return new RecordingClient(this.name, url, this.token);
  }

  async fetch(method: string, path: string, body?: unknown, headers: object = {}): Promise<Response> {
    const isBytes = body instanceof Uint8Array || typeof body === 'string';
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.token !== '' && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && !isBytes && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isBytes ? (body as string) : JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async json<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    return (await (await this.fetch(method, path, body)).json()) as Body;
  }

  /** Starts a reply and reads it to its end. */
  async reply(path: string, body: object): Promise<RawReply> {
    const events: RawEvent[] = [];
    for await (const event of readRawEvents(await this.fetch('POST', path, body))) events.push(event);
    return replyOf(events);
  }

  async ask(chatId: string, content: string, more: object = {}): Promise<RawReply> {
    return this.reply(`/api/chats/${chatId}/messages`, { content, ...more });
  }

  async newChat(body: object = {}): Promise<string> {
    return (await this.json<{ id: string }>('POST', '/api/chats', body)).id;
  }

  async attach(chatId: string, file: Uint8Array | string, name: string): Promise<string> {
    const path = `/api/chats/${chatId}/attachments?name=${encodeURIComponent(name)}`;
    const response = await this.fetch('POST', path, file);
    return ((await response.json()) as { id: string }).id;
  }

  /** Adds the server's answer to a state. */
  async record(state: RecordedState, path: string): Promise<void> {
    state.answers.push({ as: this.name, path, body: await this.json('GET', path) });
  }

  async recordMedia(state: RecordedState, path: string): Promise<void> {
    state.media.push({ as: this.token === '' ? null : this.name, path, ...(await this.media(path)) });
  }

  async media(path: string): Promise<{ mimeType: string; sha256: string }> {
    const response = await this.fetch('GET', path);
    const sha256 = createHash('sha256')
      .update(new Uint8Array(await response.arrayBuffer()))
      .digest('hex');
    return { mimeType: response.headers.get('content-type') ?? '', sha256 };
  }
}

export async function* readRawEvents(response: Response): AsyncGenerator<RawEvent> {
  if (response.body === null) throw new Error(`No stream: ${response.status}`);
  const queue: RawEvent[] = [];
  const parser = createParser({
    onEvent: ({ event = 'message', data }) =>
      queue.push({ event, data: JSON.parse(data) as RawEvent['data'] }),
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* queue.splice(0);
  }
}

export function replyOf(events: readonly RawEvent[]): RawReply {
  const [meta] = events;
  const last = events.at(-1)?.data ?? {};
  const {
    protocol = 0,
    chatId = '',
    assistantMessage,
    generationId = '',
  } = (meta?.data ?? {}) as Partial<{
    protocol: number;
    chatId: string;
    generationId: string;
    assistantMessage: { id: string };
  }>;
  let text = '';
  for (const { event, data } of events) {
    if (event === 'delta') text += String(data['text']);
    if (event === 'snapshot') text = textOf(data['message'] as StoredMessage);
  }
  return {
    chatId,
    messageId: assistantMessage?.id ?? '',
    generationId,
    text,
    protocol,
    status: typeof last['status'] === 'string' ? last['status'] : '',
  };
}

interface StoredMessage {
  parts: { type: string; text?: string }[];
}

/** The text of a message, without its thoughts. */
export function textOf(message: StoredMessage): string {
  return message.parts.map(({ type, text = '' }) => (type === 'text' ? text : '')).join('');
}
