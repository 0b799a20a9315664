import type { Message, Rating } from '@millrace/protocol';

/** The messages of a chat, and the leaf of the visible path. */
export class MessageTree {
  readonly #messages = new Map<string, Message>();
  #leafId: string | null = null;
  /** Incremented whenever a message is added or deleted. */
  #structureVersion = 0;

  get(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  get leaf(): Message | undefined {
    return this.#leafId === null ? undefined : this.#messages.get(this.#leafId);
  }

  /** Changes whenever a message is added or deleted. */
  get structureVersion(): number {
    return this.#structureVersion;
  }

  set(message: Message): void {
    if (!this.#messages.has(message.id)) this.#structureVersion += 1;
    this.#messages.set(message.id, message);
  }

  delete(id: string): void {
    this.#structureVersion += 1;
    this.#messages.delete(id);
  }

  /** Shows the path that ends at this message; null: no messages. */
  show(leafId: string | null): void {
    this.#leafId = leafId;
  }

  /** Shows the newest path through this message. */
  showThrough(id: string): void {
    const newest = new Map<string, Message>();
    for (const message of this.#messages.values()) {
      if (isConversation(message) && message.parentId !== null) newest.set(message.parentId, message);
    }
    let message = this.get(id);
    while (message) {
      this.#leafId = message.id;
      message = newest.get(message.id);
    }
  }

  /** For each of these messages that has siblings: the ids of all siblings including its own, oldest first. */
  branches(messages: readonly Message[]): Map<string, readonly string[]> {
    const siblingsByParent = Map.groupBy(this.#messages.values(), ({ parentId }) => parentId);
    const branches = new Map<string, readonly string[]>();
    for (const message of messages) {
      const siblings = (siblingsByParent.get(message.parentId) ?? []).filter(isConversation);
      if (isConversation(message) && siblings.length > 1)
        branches.set(
          message.id,
          siblings.map(({ id }) => id),
        );
    }
    return branches;
  }

  /** Replaces all messages by the server's list, oldest first, and shows the newest path. */
  replaceAll(messages: readonly Message[]): void {
    const known = new Map(this.#messages);
    this.#messages.clear();
    for (const message of messages)
      this.set(withRating(newer(known.get(message.id), message), message.rating));
    this.#leafId = messages.findLast(isConversation)?.id ?? null;
  }

  /** Adds or updates messages that the server sent. A new message is shown unless it is older than the visible leaf. */
  merge(messages: Iterable<Message>): void {
    for (const message of messages) {
      const before = this.get(message.id);
      this.set(newer(before, message));
      const isNewest = !before && message.createdAt >= (this.leaf?.createdAt ?? '');
      if (isNewest && isConversation(message)) this.show(message.id);
    }
  }

  /** Updates ratings that the server sent. */
  rate(ratings: ReadonlyMap<string, Rating | null>): void {
    for (const [id, rating] of ratings) {
      const message = this.get(id);
      if (message) this.set(withRating(message, rating));
    }
  }

  /** The messages from the first to the leaf, each followed by its summary if it has one. */
  path(): Message[] {
    const summaries = this.#summaries();
    const path: Message[] = [];
    for (let message = this.leaf; message !== undefined; message = this.#parentOf(message)) {
      const summary = summaries.get(message.id);
      if (summary) path.push(summary);
      path.push(message);
    }
    return path.toReversed();
  }

  /** The newest completed summary of the path to a message, by the message's id. */
  #summaries(): Map<string, Message> {
    const summaries = new Map<string, Message>();
    for (const message of this.#messages.values()) {
      const isSummary = !isConversation(message) && message.status === 'completed';
      if (isSummary && message.parentId !== null) summaries.set(message.parentId, message);
    }
    return summaries;
  }

  #parentOf(message: Message): Message | undefined {
    return message.parentId === null ? undefined : this.#messages.get(message.parentId);
  }
}

/** Whether the message is a question or a reply: summaries are no part of the conversation. */
function isConversation({ role }: Message): boolean {
  return role !== 'system';
}

/** @returns the same message if its rating is the same */
function withRating(message: Message, rating: Rating | null): Message {
  const before = message.rating;
  const isSame = before?.rating === rating?.rating && before?.note === rating?.note;
  return isSame ? message : { ...message, rating };
}

/**
 * The newer of a known and a received message. With the same status the known message is kept: an ended message changes
 * only in its rating, and a running message is sent without its parts.
 */
function newer(known: Message | undefined, received: Message): Message {
  return known && (known.status === received.status || received.status === 'running') ? known : received;
}
