import type { Message, NumberedEvent } from '@millrace/protocol';
import { applyEvent } from '../apply-event.ts';
import type { ChatClient } from '../chat-client.ts';
import type { ConnectionState, ReplyStream, StreamOptions } from '../reply-stream.ts';
import { MessageTree } from './message-tree.ts';
import { pendingMessage } from './pending-message.ts';
import { scheduleFrame } from './schedule-frame.ts';

export type ChatStatus = 'loading' | 'idle' | 'submitting' | 'streaming' | 'error';

export interface ChatSnapshot {
  /** The visible path of the tree, oldest first. A message that didn't change is the same object as before. */
  messages: readonly Message[];
  status: ChatStatus;
  /** Why the last call failed; null once another one is made. A reply that failed says so in its message. */
  error: Error | null;
  /** Whether the reply that is being read has a connection; `open` when there is none to read. */
  connection: ConnectionState;
}

export interface SendOptions {
  model?: string;
}

/** The state of one chat, outside React. It reads from the server while somebody is subscribed. */
export interface ChatStore {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => ChatSnapshot;
  /** Answers whether the server took the message; when not, `error` says why and the message is gone again. */
  send: (content: string, options?: SendOptions) => Promise<boolean>;
  /** Asks for another reply in the place of this one. */
  regenerate: (messageId: string, options?: SendOptions) => Promise<boolean>;
  /** Asks for the rest of a reply that has ended with some text, in a message under it. */
  continueReply: (messageId: string, options?: SendOptions) => Promise<boolean>;
  /**
   * Stops the reply, at the model too. While there is no connection to a reply that hasn't begun yet, it gives up
   * sending instead.
   */
  stop: () => Promise<void>;
  reload: () => Promise<void>;
}

/** A reply that is being read. */
interface ActiveReply {
  stream: ReplyStream;
  leave: AbortController;
  messageId: string | null;
  connection: ConnectionState;
  /** Stop was asked for before the reply had an id. */
  stopAsked: boolean;
  /** Takes back what was shown before the server answered. */
  undo: () => void;
  accepted: PromiseWithResolvers<boolean>;
}

export function createChatStore(client: ChatClient, chatId: string): ChatStore {
  return new MessageTreeStore(client, chatId);
}

class MessageTreeStore implements ChatStore {
  readonly #client: ChatClient;
  readonly #chatId: string;
  readonly #tree = new MessageTree();
  readonly #listeners = new Set<() => void>();
  #snapshot: ChatSnapshot = { messages: [], status: 'loading', error: null, connection: 'open' };
  #frameScheduled = false;
  #loading: AbortController | null = null;
  #loaded = false;
  #error: Error | null = null;
  #reply: ActiveReply | null = null;

  constructor(client: ChatClient, chatId: string) {
    this.#client = client;
    this.#chatId = chatId;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1 && !this.#loading && !this.#reply) void this.reload();
    return () => {
      this.#listeners.delete(listener);
      // Not at once: React's strict mode unsubscribes and subscribes again in one turn.
      queueMicrotask(() => this.#listeners.size === 0 && this.#leave());
    };
  };

  getSnapshot = (): ChatSnapshot => this.#snapshot;

  send = async (content: string, options: SendOptions = {}): Promise<boolean> => {
    if (this.#reply) return false;
    const before = this.#tree.leaf;
    const pending = pendingMessage(this.#chatId, before?.id ?? null, content);
    this.#tree.set(pending);
    this.#tree.show(pending.id);
    return this.#read(
      (reading) =>
        this.#client.sendMessage(
          this.#chatId,
          { content, ...options, ...(before && { parentId: before.id }) },
          reading,
        ),
      () => {
        this.#tree.delete(pending.id);
        this.#tree.show(before?.id ?? null);
      },
    );
  };

  regenerate = async (messageId: string, options: SendOptions = {}): Promise<boolean> => {
    const before = this.#tree.leaf;
    const replaced = this.#tree.get(messageId);
    if (this.#reply || !before || !replaced) return false;
    this.#tree.show(replaced.parentId);
    return this.#read(
      (reading) => this.#client.regenerate(messageId, options, reading),
      () => this.#tree.show(before.id),
    );
  };

  continueReply = async (messageId: string, options: SendOptions = {}): Promise<boolean> => {
    const before = this.#tree.leaf;
    if (this.#reply || !before || !this.#tree.get(messageId)) return false;
    this.#tree.show(messageId);
    return this.#read(
      (reading) => this.#client.continueReply(messageId, options, reading),
      () => this.#tree.show(before.id),
    );
  };

  stop = async (): Promise<void> => {
    const reply = this.#reply;
    if (!reply) return;
    const { generationId } = reply.stream;
    if (generationId === null) {
      if (reply.connection === 'reconnecting') reply.leave.abort();
      else reply.stopAsked = true;
      return;
    }
    try {
      await this.#client.stopGeneration(generationId);
    } catch (error) {
      this.#fail(error);
    }
  };

  reload = async (): Promise<void> => {
    if (this.#reply) return;
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#error = null;
    this.#changed();
    try {
      const messages = await this.#client.allMessages(this.#chatId, { signal: loading.signal });
      if (this.#reply || loading.signal.aborted) return;
      this.#tree.replaceAll(messages);
      this.#loaded = true;
      this.#followLeaf();
    } catch (error) {
      if (!loading.signal.aborted) this.#fail(error);
    } finally {
      if (this.#loading === loading) this.#loading = null;
      this.#changed();
    }
  };

  /** A listing has no parts of a running reply, so it is followed from its beginning. */
  #followLeaf(): void {
    const leaf = this.#tree.leaf;
    if (leaf?.status !== 'running' || leaf.generationId === null) return;
    const { generationId } = leaf;
    void this.#read(
      (reading) => this.#client.followGeneration(generationId, reading),
      () => undefined,
      leaf.id,
    );
  }

  /** Reads a reply to its end in the background. Answers whether it began. */
  #read(
    open: (reading: StreamOptions) => ReplyStream,
    undo: () => void,
    messageId: string | null = null,
  ): Promise<boolean> {
    const leave = new AbortController();
    const onConnectionChange = (connection: ConnectionState) => {
      reply.connection = connection;
      this.#changed();
    };
    const reply: ActiveReply = {
      stream: open({ signal: leave.signal, onConnectionChange }),
      leave,
      messageId,
      connection: 'open',
      stopAsked: false,
      undo,
      accepted: Promise.withResolvers<boolean>(),
    };
    this.#loading?.abort();
    this.#error = null;
    this.#reply = reply;
    this.#publish();
    void this.#receiveAll(reply);
    return reply.accepted.promise;
  }

  async #receiveAll(reply: ActiveReply): Promise<void> {
    try {
      for await (const event of reply.stream) this.#receive(reply, event);
    } catch (error) {
      if (reply.messageId === null) reply.undo();
      if (!reply.leave.signal.aborted) this.#fail(error);
    }
    reply.accepted.resolve(reply.messageId !== null);
    if (this.#reply !== reply) return;
    this.#reply = null;
    this.#changed();
    const ended = reply.messageId === null || this.#tree.get(reply.messageId)?.status !== 'running';
    const givenUp = reply.messageId === null && reply.leave.signal.aborted;
    // A stream that was already over (204), a message that may have arrived or not, or one sent before its chat was loaded.
    const outdated = !ended || givenUp || !this.#loaded;
    if (outdated && !this.#error && this.#listeners.size > 0) void this.reload();
  }

  #receive(reply: ActiveReply, event: NumberedEvent): void {
    if (event.event === 'meta') this.#begin(reply, event.data);
    const message = reply.messageId === null ? undefined : this.#tree.get(reply.messageId);
    if (!message) return;
    const next = applyEvent(message, event);
    if (next === message) return;
    this.#tree.set(next);
    this.#changed();
  }

  #begin(reply: ActiveReply, { userMessage, assistantMessage }: MetaData): void {
    if (reply.messageId === null) {
      reply.undo();
      if (userMessage) this.#tree.set(userMessage);
      this.#tree.set(assistantMessage);
      this.#tree.show(assistantMessage.id);
      reply.messageId = assistantMessage.id;
      this.#changed();
    }
    reply.accepted.resolve(true);
    if (reply.stopAsked) void this.stop();
    if (this.#listeners.size === 0) this.#leave();
  }

  /** Reads no more. A message on its way is awaited, since nobody could tell whether it arrived. */
  #leave(): void {
    this.#loading?.abort();
    this.#loading = null;
    if (this.#reply?.messageId == null) return;
    this.#reply.leave.abort();
    this.#reply = null;
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
    this.#snapshot = {
      messages: this.#tree.path(),
      status: this.#status(),
      error: this.#error,
      connection: this.#reply?.connection ?? 'open',
    };
    for (const listener of this.#listeners) listener();
  }

  #status(): ChatStatus {
    if (this.#reply) return this.#reply.messageId === null ? 'submitting' : 'streaming';
    if (this.#error) return 'error';
    return this.#loading && !this.#loaded ? 'loading' : 'idle';
  }
}

type MetaData = Extract<NumberedEvent, { event: 'meta' }>['data'];
