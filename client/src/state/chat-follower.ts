import type { Chat, Message, Rating } from '@millrace/protocol';
import type { ChatClient } from '../chat-client.ts';
import type { ChannelNews, ChatChannel } from '../stream/chat-channel.ts';
import type { ConnectionState } from '../stream/log.ts';
import type { MessageTree } from './message-tree.ts';

/**
 * Knows a chat, and keeps the tree of its messages up to date with what is done in it, here and elsewhere: follows the
 * channel, and reads chat and messages where that may not have told all. It touches the tree when it is asked to, and while it lists.
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
  /** Whether there may be messages that neither were listed nor will be told. */
  #isOutdated = false;
  /** Whether there is something new since the last update. */
  #hasNews = false;
  /** The last that was told of each message, and isn't in the tree yet. */
  readonly #told = new Map<string, Message>();
  /** The same of their ratings. */
  readonly #rated = new Map<string, Rating | null>();
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

  /** Null until it is known. */
  get chat(): Chat | null {
    return this.#chat;
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** Why it can't know what is done. */
  get error(): Error | null {
    return this.#error;
  }

  /** Goes on where it was, if it knows where; else it reads all once the channel is open. */
  follow(): void {
    if (this.#following) return;
    this.#error = null;
    // It may have been restored since.
    if (this.#isDeleted) this.doubt();
    this.#isDeleted = false;
    const after = this.#channel?.lastSequence ?? null;
    if (after !== null) this.#noteNews();
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
    void this.#hearAll(this.#channel, this.#following);
  }

  leave(): void {
    this.#following?.abort();
    this.#following = null;
    this.#connection = 'open';
    this.#listing?.abort();
  }

  /** Says that something may have happened unseen. */
  doubt(): void {
    this.#isOutdated = true;
    this.#listing?.abort();
  }

  /** Leaves the tree alone until the next update. */
  pause(): void {
    if (this.#listing) this.doubt();
  }

  /** Brings the tree up to date, or begins to. @returns whether there was something new */
  update(): boolean {
    if (this.#listing) return false;
    if (this.#isOutdated && !this.#error) void this.#list();
    if (this.#isOutdated || !this.#hasNews) return false;
    this.#tree.merge(this.#told.values());
    this.#told.clear();
    this.#tree.rate(this.#rated);
    this.#rated.clear();
    this.#hasNews = false;
    return true;
  }

  /** Reads the chat and its messages, whatever is known of them. */
  async reload(): Promise<void> {
    await Promise.all([this.#readChat(), this.#list()]);
  }

  async #readChat(): Promise<void> {
    const before = this.#chat;
    const signal = this.#following?.signal;
    try {
      const chat = await this.#client.getChat(this.#chatId, { signal });
      // What was told meanwhile is as new, or newer.
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
      this.#noteNews();
    } catch (error) {
      if (!listing.signal.aborted) this.#fail(error);
    } finally {
      if (this.#listing === listing) this.#listing = null;
      this.#onChange();
    }
  }

  async #hearAll(channel: ChatChannel, following: AbortController): Promise<void> {
    try {
      for await (const news of channel) this.#hear(news);
    } catch (error) {
      if (!following.signal.aborted) this.#fail(error);
    }
    if (this.#following === following) this.#following = null;
  }

  #hear(news: ChannelNews): void {
    switch (news.event) {
      case 'missed':
        this.#error = null;
        this.doubt();
        void this.#readChat();
        break;
      case 'message':
        this.#told.set(news.data.id, news.data);
        break;
      case 'generation':
        this.#told.set(news.data.message.id, news.data.message);
        break;
      case 'chat':
        this.#chat = news.data;
        break;
      case 'rating':
        this.#rated.set(news.data.messageId, news.data.rating);
        break;
      case 'chat_deleted':
        this.#isDeleted = true;
        break;
    }
    this.#noteNews();
  }

  #noteNews(): void {
    this.#hasNews = true;
    this.#onChange();
  }

  #fail(error: unknown): void {
    this.#error = error instanceof Error ? error : new Error(String(error));
    this.#onChange();
  }
}
