import type { Message, Rating } from '@millrace/protocol';

/** The messages of a chat by id, and the leaf whose path is on view. */
export class MessageTree {
  readonly #messages = new Map<string, Message>();
  #leafId: string | null = null;
  /** Counts the messages that came or went. */
  #structure = 0;

  get(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  get leaf(): Message | undefined {
    return this.#leafId === null ? undefined : this.#messages.get(this.#leafId);
  }

  /** The same number as long as the same messages are there. */
  get structure(): number {
    return this.#structure;
  }

  set(message: Message): void {
    if (!this.#messages.has(message.id)) this.#structure += 1;
    this.#messages.set(message.id, message);
  }

  delete(id: string): void {
    this.#structure += 1;
    this.#messages.delete(id);
  }

  /** Shows the path that ends at this message; null shows nothing. */
  show(leafId: string | null): void {
    this.#leafId = leafId;
  }

  /** Shows the newest path that leads through this message. */
  showThrough(id: string): void {
    const newest = new Map<string, Message>();
    for (const message of this.#messages.values()) {
      if (isSpoken(message) && message.parentId !== null) newest.set(message.parentId, message);
    }
    let message = this.get(id);
    while (message) {
      this.#leafId = message.id;
      message = newest.get(message.id);
    }
  }

  /** Of each of these messages that isn't the only one in its place, the ids of all of them, oldest first. */
  branches(messages: readonly Message[]): Map<string, readonly string[]> {
    const places = Map.groupBy(this.#messages.values(), ({ parentId }) => parentId);
    const branches = new Map<string, readonly string[]>();
    for (const message of messages) {
      const siblings = (places.get(message.parentId) ?? []).filter(isSpoken);
      if (isSpoken(message) && siblings.length > 1)
        branches.set(
          message.id,
          siblings.map(({ id }) => id),
        );
    }
    return branches;
  }

  /** Takes the server's list, oldest first, and shows its newest path. */
  replaceAll(messages: readonly Message[]): void {
    const known = new Map(this.#messages);
    this.#messages.clear();
    for (const message of messages)
      this.set(withRating(latest(known.get(message.id), message), message.rating));
    this.#leafId = messages.findLast(isSpoken)?.id ?? null;
  }

  /** Takes what the server told of some messages, and shows the path of a new one, unless it is older than what is shown. */
  merge(messages: Iterable<Message>): void {
    for (const message of messages) {
      const before = this.get(message.id);
      this.set(latest(before, message));
      const isNewest = !before && message.createdAt >= (this.leaf?.createdAt ?? '');
      if (isNewest && isSpoken(message)) this.show(message.id);
    }
  }

  /** Takes what the server told of ratings. */
  rate(ratings: ReadonlyMap<string, Rating | null>): void {
    for (const [id, rating] of ratings) {
      const message = this.get(id);
      if (message) this.set(withRating(message, rating));
    }
  }

  /** The messages from the first to the leaf, each with its summary after it. */
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

  /** The newest whole summary of what leads to a message, by that message. */
  #summaries(): Map<string, Message> {
    const summaries = new Map<string, Message>();
    for (const message of this.#messages.values()) {
      const isSummary = !isSpoken(message) && message.status === 'completed';
      if (isSummary && message.parentId !== null) summaries.set(message.parentId, message);
    }
    return summaries;
  }

  #parentOf(message: Message): Message | undefined {
    return message.parentId === null ? undefined : this.#messages.get(message.parentId);
  }
}

/** Summaries are beside what people and models say to each other. */
function isSpoken({ role }: Message): boolean {
  return role !== 'system';
}

/** Ratings change after the end of a message. @returns the same message when its rating is the same */
function withRating(message: Message, rating: Rating | null): Message {
  const before = message.rating;
  const isSame = before?.rating === rating?.rating && before?.note === rating?.note;
  return isSame ? message : { ...message, rating };
}

/**
 * Of what is known of a message and what is told of it, what came later. In the same status what is known is as good: a
 * message that has ended never changes but for its rating, and one that is running is told without its parts.
 */
function latest(known: Message | undefined, told: Message): Message {
  return known && (known.status === told.status || told.status === 'running') ? known : told;
}
