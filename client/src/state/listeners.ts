interface SubscriptionEvents {
  /** The first listener has subscribed. */
  onFirst: () => void;
  /** The last listener has unsubscribed. */
  onNone: () => void;
}

/** The listeners of a store that works only while it has some. */
export class Listeners {
  readonly #listeners = new Set<() => void>();
  readonly #events: SubscriptionEvents;

  constructor(events: SubscriptionEvents) {
    this.#events = events;
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** @returns a function that unsubscribes */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#events.onFirst();
    return () => {
      this.#listeners.delete(listener);
      // In a microtask, because React's strict mode unsubscribes and subscribes again in one turn.
      queueMicrotask(() => this.isEmpty && this.#events.onNone());
    };
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
