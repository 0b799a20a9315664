/** The listeners of state that lives outside React, in the shape that `useSyncExternalStore` subscribes with. */
export class Listeners {
  readonly #listeners = new Set<() => void>();

  /** @returns a function that unsubscribes */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
