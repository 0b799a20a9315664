import { messageText } from '@millrace/protocol';
import type { EventData, GenerationStatus, Message, NumberedEvent, Usage } from '@millrace/protocol';
import type { ChatClient } from '../chat-client.ts';
import { ReplyFailedError } from '../errors/reply-failed-error.ts';
import { toError } from '../errors/to-error.ts';
import type { ReplyStream } from '../stream/reply-stream.ts';
import type { ConnectionState, StreamOptions } from '../stream/stream-options.ts';
import { applyEvent } from './apply-event.ts';
import { Listeners } from './listeners.ts';
import { oncePerFrame } from './once-per-frame.ts';
import type { Store } from './store.ts';
import { StreamSession } from './stream-session.ts';

export interface ReplySnapshot {
  /**
   * `idle` before a reply is requested, `submitting` until it begins, `streaming` until it ends, then its message's
   * status; `error` if it can't be read.
   */
  status: 'idle' | 'submitting' | 'streaming' | 'error' | Exclude<GenerationStatus, 'running'>;
  /** Null until the reply has begun. */
  message: Message | null;
  generationId: string | null;
  /** The reply's text so far. */
  text: string;
  /** The model's thoughts so far. */
  thoughts: string;
  usage: Usage | null;
  /** Why the reply can't be read; a ReplyFailedError if the reply failed. */
  error: Error | null;
  /** The last notice: docs/protocol/event-streams.md, 5.4. */
  notice: EventData['notice'] | null;
  connection: ConnectionState;
}

/** Requests a reply with the client. It must pass the options on to the client. */
export type OpenReply = (
  options: StreamOptions & { signal: AbortSignal },
) => ReplyStream | Promise<ReplyStream>;

/** The state of one reply at a time, outside React. The reply is read while the store has subscribers. */
export interface ReplyStore extends Store<ReplySnapshot> {
  /** Requests a reply; does nothing while a reply is being read. @returns the state in which reading ended */
  start: (open: OpenReply) => Promise<ReplySnapshot>;
  /** Stops the reply, on the model's side too. A request that hasn't been sent is cancelled. */
  stop: () => Promise<void>;
}

export interface ReplyStoreOptions {
  /** An existing reply. Default: none until `start`. */
  generationId?: string | null | undefined;
  /** Whether the reply is stopped when the last subscriber is gone. Default: false, it continues on the server. */
  stopOnUnsubscribe?: boolean | undefined;
}

export function createReplyStore(client: ChatClient, options: ReplyStoreOptions = {}): ReplyStore {
  return new FollowedReply(client, options);
}

const IDLE_REPLY: ReplySnapshot = {
  status: 'idle',
  message: null,
  generationId: null,
  text: '',
  thoughts: '',
  usage: null,
  error: null,
  notice: null,
  connection: 'open',
};

class FollowedReply implements ReplyStore {
  readonly #client: ChatClient;
  readonly #stopOnUnsubscribe: boolean;
  readonly #listeners = new Listeners({
    onFirst: () => this.#follow(),
    onNone: () => this.#close(),
  });
  #snapshot = IDLE_REPLY;
  #generationId: string | null;
  #lastSequence = 0;
  #message: Message | null = null;
  #error: Error | null = null;
  #notice: ReplySnapshot['notice'] = null;
  #session: StreamSession | null = null;
  readonly #changed = oncePerFrame(() => this.#publish());

  constructor(client: ChatClient, { generationId = null, stopOnUnsubscribe = false }: ReplyStoreOptions) {
    this.#client = client;
    this.#generationId = generationId;
    this.#stopOnUnsubscribe = stopOnUnsubscribe;
  }

  subscribe = (listener: () => void): (() => void) => this.#listeners.subscribe(listener);

  getSnapshot = (): ReplySnapshot => this.#snapshot;

  start = async (open: OpenReply): Promise<ReplySnapshot> => {
    if (this.#session) return this.#snapshot;
    this.#generationId = null;
    this.#lastSequence = 0;
    this.#message = null;
    return this.#read(open);
  };

  stop = async (): Promise<void> => {
    const session = this.#session;
    const id = this.#generationId;
    if (!session) return;
    if (id === null) {
      session.isStopRequested = true;
      // The request hasn't been sent, or its connection is lost.
      if (!session.isOpened || session.connection === 'reconnecting') session.close();
      return;
    }
    try {
      await this.#client.stopGeneration(id);
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Resumes reading after the last event seen. */
  #follow(): void {
    const id = this.#generationId;
    const hasEnded = this.#message !== null && this.#message.status !== 'running';
    if (id === null || hasEnded || this.#session) return;
    void this.#read((options) =>
      this.#client.followGeneration(id, { ...options, after: this.#lastSequence }),
    );
  }

  async #read(open: OpenReply): Promise<ReplySnapshot> {
    const session = new StreamSession(() => this.#changed());
    this.#session = session;
    this.#error = null;
    this.#notice = null;
    this.#publish();
    try {
      const stream = await open(session.options);
      session.isOpened = true;
      for await (const event of stream) this.#receive(session, event);
    } catch (error) {
      if (!session.isClosed) this.#fail(error);
    }
    if (this.#session === session) this.#session = null;
    this.#publish();
    return this.#snapshot;
  }

  #receive(session: StreamSession, event: NumberedEvent): void {
    this.#lastSequence = event.sequence;
    this.#message = this.#message ? applyEvent(this.#message, event) : firstMessage(event);
    if (event.event === 'notice') this.#notice = event.data;
    if (event.event === 'error') this.#error = new ReplyFailedError(event.data);
    const isFirst = this.#generationId === null;
    this.#generationId = event.generationId;
    this.#changed();
    if (isFirst && session.isStopRequested) void this.stop();
    if (isFirst && this.#listeners.isEmpty) this.#close();
  }

  /** Stops reading. A request that was sent is awaited, because it is unknown whether it arrived. */
  #close(): void {
    const session = this.#session;
    if (!session) return;
    if (this.#stopOnUnsubscribe) void this.stop();
    if (this.#generationId === null && session.isOpened) return;
    session.close();
    this.#session = null;
  }

  #fail(error: unknown): void {
    this.#error = toError(error);
    this.#changed();
  }

  #publish(): void {
    const message = this.#message;
    this.#snapshot = {
      status: this.#status(),
      message,
      generationId: this.#generationId,
      text: message ? messageText(message) : '',
      thoughts: message ? messageText(message, 'thought') : '',
      usage: message?.usage ?? null,
      error: this.#error,
      notice: this.#notice,
      connection: this.#session?.connection ?? 'open',
    };
    this.#listeners.notify();
  }

  #status(): ReplySnapshot['status'] {
    const { status } = this.#message ?? {};
    if (status && status !== 'running') return status;
    if (this.#session) return status ? 'streaming' : 'submitting';
    if (this.#error) return 'error';
    return status ? 'streaming' : 'idle';
  }
}

/** The message of the first event: `meta`, or a later event if the earlier ones are gone. */
function firstMessage({ event, data }: NumberedEvent): Message | null {
  if (event === 'meta') return data.assistantMessage;
  return event === 'snapshot' || event === 'done' ? data.message : null;
}
