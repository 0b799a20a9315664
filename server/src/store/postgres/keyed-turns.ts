/** Lets callers with the same key take turns. Callers with different keys don't wait for each other. */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn. @returns a function that ends the turn */
  async take(key: string): Promise<() => void> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const previous = this.#last.get(key);
    this.#last.set(key, ended);
    await previous;
    return () => {
      if (this.#last.get(key) === ended) this.#last.delete(key);
      end();
    };
  }
}
