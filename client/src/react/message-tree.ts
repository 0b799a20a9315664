import type { Message } from '@millrace/protocol';

/** The messages of a chat by id, and the leaf whose path is on view. */
export class MessageTree {
  readonly #messages = new Map<string, Message>();
  #leafId: string | null = null;

  get(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  get leaf(): Message | undefined {
    return this.#leafId === null ? undefined : this.#messages.get(this.#leafId);
  }

  set(message: Message): void {
    this.#messages.set(message.id, message);
  }

  delete(id: string): void {
    this.#messages.delete(id);
  }

  /** Shows the path that ends at this message; null shows nothing. */
  show(leafId: string | null): void {
    this.#leafId = leafId;
  }

  /**
   * Takes the server's list, oldest first, and shows its newest path. What is known of a message in the same
   * status is kept: one that has ended never changes, and a running one has no parts in a list.
   */
  replaceAll(messages: readonly Message[]): void {
    const known = new Map(this.#messages);
    this.#messages.clear();
    for (const message of messages) {
      const before = known.get(message.id);
      this.#messages.set(message.id, before?.status === message.status ? before : message);
    }
    this.#leafId = messages.at(-1)?.id ?? null;
  }

  /** The messages from the first to the leaf. */
  path(): Message[] {
    const path: Message[] = [];
    for (let message = this.leaf; message !== undefined; message = this.#parentOf(message))
      path.push(message);
    return path.toReversed();
  }

  #parentOf(message: Message): Message | undefined {
    return message.parentId === null ? undefined : this.#messages.get(message.parentId);
  }
}
