import type { EventTail } from '../../core/event-tail.ts';
import type { ChatChannel } from '../../ports/chat-channel.ts';
import type { Logger } from '../../ports/logger.ts';
import { FollowedTails } from './followed-tails.ts';
import type { RemoteEventSource } from './followed-tails.ts';

/** What chat channels need of SQLite or PostgreSQL. The store writes their events, in the transactions that make the changes. */
export interface ChannelBackend extends RemoteEventSource {
  /** Sends news of all chats to these tails from now on. */
  connect(tails: FollowedTails): void;
  /** The sequence of a chat's newest event; 0 when it has none. */
  lastSequence(chatId: string): Promise<number>;
}

export class StoredChatChannel implements ChatChannel {
  readonly #backend: ChannelBackend;
  readonly #tails: FollowedTails;

  constructor(backend: ChannelBackend, logger: Logger) {
    this.#backend = backend;
    this.#tails = new FollowedTails(backend, logger);
    backend.connect(this.#tails);
  }

  async open(chatId: string, after: number | null): Promise<EventTail> {
    return this.#tails.open(chatId, after ?? (await this.#backend.lastSequence(chatId)));
  }

  async close(): Promise<void> {
    this.#tails.close();
  }
}
