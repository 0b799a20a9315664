/** Lets those who name the same wait for each other, and nobody else. */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn. @returns how to end it */
  async take(name: string): Promise<() => void> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const before = this.#last.get(name);
    this.#last.set(name, ended);
    await before;
    return () => {
      if (this.#last.get(name) === ended) this.#last.delete(name);
      end();
    };
  }
}
