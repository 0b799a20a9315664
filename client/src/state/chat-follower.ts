import type { Chat, Message, Rating } from '@millrace/protocol';
import type { ChatClient } from '../chat-client.ts';
import { toError } from '../errors/to-error.ts';
import type { ChannelUpdate, ChatChannel } from '../stream/chat-channel.ts';
import type { ConnectionState } from '../stream/stream-options.ts';
import type { MessageTree } from './message-tree.ts';

/**
 * Keeps a chat and the tree of its messages up to date with changes from every client: follows the chat's channel, and
 * reads the chat and its messages when the channel may have missed events. It changes the tree only in `update`, and
 * while it lists the messages.
 */
export class ChatFollower {
  readonly #client: ChatClient;
  readonly #chatId: string;
  readonly #tree: MessageTree;
  readonly #onChange: () => void;
  #channel: ChatChannel | null = null;
  /** Null while the channel isn't followed. */
  #following: AbortController | null = null;
  #connection: ConnectionState = 'open';
  #listing: AbortController | null = null;
  #hasListed = false;
  /** Whether there may be changes that were neither listed nor will be sent on the channel. */
  #isOutdated = false;
  /** Whether something changed since the last update. */
  #hasChanges = false;
  /** Messages from the channel that aren't in the tree yet, each in its latest state. */
  readonly #receivedMessages = new Map<string, Message>();
  /** Ratings from the channel that aren't in the tree yet. */
  readonly #receivedRatings = new Map<string, Rating | null>();
  #chat: Chat | null = null;
  #isDeleted = false;
  #error: Error | null = null;

  constructor(client: ChatClient, chatId: string, tree: MessageTree, onChange: () => void) {
    this.#client = client;
    this.#chatId = chatId;
    this.#tree = tree;
    this.#onChange = onChange;
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  get hasListed(): boolean {
    return this.#hasListed;
  }

  /** Null until it has been read. */
  get chat(): Chat | null {
    return this.#chat;
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** Why the chat can't be followed or read. */
  get error(): Error | null {
    return this.#error;
  }

  /** Follows the channel after the last event seen. Without one, the messages are listed once the channel is open. */
  follow(): void {
    if (this.#following) return;
    this.#error = null;
    // The chat may have been restored since.
    if (this.#isDeleted) this.invalidate();
    this.#isDeleted = false;
    const after = this.#channel?.lastSequence ?? null;
    if (after !== null) this.#noteChange();
    this.#following = new AbortController();
    this.#channel = this.#client.followChat(this.#chatId, {
      after,
      signal: this.#following.signal,
      pauseWhenHidden: true,
      onConnectionChange: (state) => {
        this.#connection = state;
        this.#onChange();
      },
    });
    void this.#receiveAll(this.#channel, this.#following);
  }

  /** Closes the channel and cancels listing. */
  unfollow(): void {
    this.#following?.abort();
    this.#following = null;
    this.#connection = 'open';
    this.#listing?.abort();
  }

  /** Marks the tree as outdated, so that the next update lists the messages. */
  invalidate(): void {
    this.#isOutdated = true;
    this.#listing?.abort();
  }

  /** Cancels listing, so that the tree stays unchanged until the next update. */
  pause(): void {
    if (this.#listing) this.invalidate();
  }

  /** Applies received changes to the tree, or starts listing the messages. @returns whether the tree changed */
  update(): boolean {
    if (this.#listing) return false;
    if (this.#isOutdated && !this.#error) void this.#list();
    if (this.#isOutdated || !this.#hasChanges) return false;
    this.#tree.merge(this.#receivedMessages.values());
    this.#receivedMessages.clear();
    this.#tree.rate(this.#receivedRatings);
    this.#receivedRatings.clear();
    this.#hasChanges = false;
    return true;
  }

  /** Reads the chat and its messages again. */
  async reload(): Promise<void> {
    await Promise.all([this.#readChat(), this.#list()]);
  }

  async #readChat(): Promise<void> {
    const before = this.#chat;
    const signal = this.#following?.signal;
    try {
      const chat = await this.#client.getChat(this.#chatId, { signal });
      // A chat that the channel delivered meanwhile is at least as new.
      if (this.#chat === before) this.#chat = chat;
      this.#onChange();
    } catch (error) {
      if (!signal?.aborted) this.#fail(error);
    }
  }

  async #list(): Promise<void> {
    this.#listing?.abort();
    const listing = new AbortController();
    this.#listing = listing;
    this.#error = null;
    this.#onChange();
    try {
      const messages = await this.#client.allMessages(this.#chatId, { signal: listing.signal });
      if (listing.signal.aborted) return;
      this.#tree.replaceAll(messages);
      this.#hasListed = true;
      this.#isOutdated = false;
      this.#noteChange();
    } catch (error) {
      if (!listing.signal.aborted) this.#fail(error);
    } finally {
      if (this.#listing === listing) this.#listing = null;
      this.#onChange();
    }
  }

  async #receiveAll(channel: ChatChannel, following: AbortController): Promise<void> {
    try {
      for await (const update of channel) this.#receive(update);
    } catch (error) {
      if (!following.signal.aborted) this.#fail(error);
    }
    if (this.#following === following) this.#following = null;
  }

  #receive(update: ChannelUpdate): void {
    switch (update.event) {
      case 'missed':
        this.#error = null;
        this.invalidate();
        void this.#readChat();
        break;
      case 'message':
        this.#receivedMessages.set(update.data.id, update.data);
        break;
      case 'generation':
        this.#receivedMessages.set(update.data.message.id, update.data.message);
        break;
      case 'chat':
        this.#chat = update.data;
        break;
      case 'rating':
        this.#receivedRatings.set(update.data.messageId, update.data.rating);
        break;
      case 'chat_deleted':
        this.#isDeleted = true;
        break;
    }
    this.#noteChange();
  }

  #noteChange(): void {
    this.#hasChanges = true;
    this.#onChange();
  }

  #fail(error: unknown): void {
    this.#error = toError(error);
    this.#onChange();
  }
}
