import type { EventData, GenerationStatus, Message, NumberedEvent, Usage } from '@millrace/protocol';
import type { ChatClient } from '../chat-client.ts';
import { ReplyFailedError } from '../errors/reply-failed-error.ts';
import { messageText } from '../message-text.ts';
import type { ConnectionState, StreamOptions } from '../stream/log.ts';
import type { ReplyStream } from '../stream/reply-stream.ts';
import { applyEvent } from './apply-event.ts';
import { Reading } from './reading.ts';
import { scheduleFrame } from './schedule-frame.ts';
import type { Store } from './store.ts';

export interface ReplySnapshot {
  /**
   * `idle` before anything is asked, `submitting` until the reply has begun, `streaming` until it ends as its message
   * says, or `error` when it can't be read.
   */
  status: 'idle' | 'submitting' | 'streaming' | 'error' | Exclude<GenerationStatus, 'running'>;
  /** Null until the reply has begun. */
  message: Message | null;
  generationId: string | null;
  /** What the reply says so far. */
  text: string;
  /** What the model has thought aloud so far. */
  thoughts: string;
  usage: Usage | null;
  /** Why it can't be read, or a ReplyFailedError that says why it broke off. */
  error: Error | null;
  /** What was said of it last: docs/protocol/event-streams.md, 5.4. */
  notice: EventData['notice'] | null;
  connection: ConnectionState;
}

/** Asks for a reply. What it is given, it passes on to the client. */
export type Opening = (
  reading: StreamOptions & { signal: AbortSignal },
) => ReplyStream | Promise<ReplyStream>;

/** One reply at a time, outside React. It is read while somebody is subscribed. */
export interface ReplyStore extends Store<ReplySnapshot> {
  /** Asks for a reply, unless one is being read. @returns how it ended, or how far it was read */
  start: (open: Opening) => Promise<ReplySnapshot>;
  /** Ends the reply, at the model too. What hasn't been asked for yet isn't. */
  stop: () => Promise<void>;
}

export interface ReplyStoreOptions {
  /** A reply there is already. Default: one that is started later. */
  generationId?: string | null | undefined;
  /** Whether the reply ends when nobody is subscribed any more. Default: it goes on at the server. */
  stopWhenLeft?: boolean | undefined;
}

export function createReplyStore(client: ChatClient, options: ReplyStoreOptions = {}): ReplyStore {
  return new FollowedReply(client, options);
}

const NOTHING: ReplySnapshot = {
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
  readonly #stopWhenLeft: boolean;
  readonly #listeners = new Set<() => void>();
  #snapshot = NOTHING;
  #generationId: string | null;
  #lastSequence = 0;
  #message: Message | null = null;
  #error: Error | null = null;
  #notice: ReplySnapshot['notice'] = null;
  #reading: Reading | null = null;
  #frameScheduled = false;

  constructor(client: ChatClient, { generationId = null, stopWhenLeft = false }: ReplyStoreOptions) {
    this.#client = client;
    this.#generationId = generationId;
    this.#stopWhenLeft = stopWhenLeft;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#follow();
    return () => {
      this.#listeners.delete(listener);
      // Not at once: React's strict mode unsubscribes and subscribes again in one turn.
      queueMicrotask(() => this.#listeners.size === 0 && this.#leave());
    };
  };

  getSnapshot = (): ReplySnapshot => this.#snapshot;

  start = async (open: Opening): Promise<ReplySnapshot> => {
    if (this.#reading) return this.#snapshot;
    this.#generationId = null;
    this.#lastSequence = 0;
    this.#message = null;
    return this.#read(open);
  };

  stop = async (): Promise<void> => {
    const reading = this.#reading;
    const id = this.#generationId;
    if (!reading) return;
    if (id === null) {
      reading.stopAsked = true;
      // What isn't on its way needn't be sent.
      if (!reading.isOpened || reading.connection === 'reconnecting') reading.leave();
      return;
    }
    try {
      await this.#client.stopGeneration(id);
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Goes on where it was. */
  #follow(): void {
    const id = this.#generationId;
    const hasEnded = this.#message !== null && this.#message.status !== 'running';
    if (id === null || hasEnded || this.#reading) return;
    void this.#read((reading) =>
      this.#client.followGeneration(id, { ...reading, after: this.#lastSequence }),
    );
  }

  async #read(open: Opening): Promise<ReplySnapshot> {
    const reading = new Reading(() => this.#changed());
    this.#reading = reading;
    this.#error = null;
    this.#notice = null;
    this.#publish();
    try {
      const stream = await open(reading.options);
      reading.isOpened = true;
      for await (const event of stream) this.#receive(reading, event);
    } catch (error) {
      if (!reading.isLeft) this.#fail(error);
    }
    if (this.#reading === reading) this.#reading = null;
    this.#publish();
    return this.#snapshot;
  }

  #receive(reading: Reading, event: NumberedEvent): void {
    this.#lastSequence = event.sequence;
    this.#message = this.#message ? applyEvent(this.#message, event) : firstMessage(event);
    if (event.event === 'notice') this.#notice = event.data;
    if (event.event === 'error') this.#error = new ReplyFailedError(event.data);
    const begins = this.#generationId === null;
    this.#generationId = event.generationId;
    this.#changed();
    if (begins && reading.stopAsked) void this.stop();
    if (begins && this.#listeners.size === 0) this.#leave();
  }

  /** Reads no more. A reply on its way is awaited, since nobody could tell whether it was asked for. */
  #leave(): void {
    const reading = this.#reading;
    if (!reading) return;
    if (this.#stopWhenLeft) void this.stop();
    if (this.#generationId === null && reading.isOpened) return;
    reading.leave();
    this.#reading = null;
  }

  #fail(error: unknown): void {
    this.#error = error instanceof Error ? error : new Error(String(error));
    this.#changed();
  }

  #changed(): void {
    if (this.#frameScheduled) return;
    this.#frameScheduled = true;
    scheduleFrame(() => {
      this.#frameScheduled = false;
      this.#publish();
    });
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
      connection: this.#reading?.connection ?? 'open',
    };
    for (const listener of this.#listeners) listener();
  }

  #status(): ReplySnapshot['status'] {
    const { status } = this.#message ?? {};
    if (status && status !== 'running') return status;
    if (this.#reading) return status ? 'streaming' : 'submitting';
    if (this.#error) return 'error';
    return status ? 'streaming' : 'idle';
  }
}

/** Whatever comes first says what there is of the reply. */
function firstMessage({ event, data }: NumberedEvent): Message | null {
  if (event === 'meta') return data.assistantMessage;
  return event === 'snapshot' || event === 'done' ? data.message : null;
}
