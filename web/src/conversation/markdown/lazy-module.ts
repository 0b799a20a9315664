/** A part of the app that is loaded when it is first needed. Where it can't be, it stays away. */
export class LazyModule<Part> {
  readonly #import: () => Promise<Part>;
  readonly #listeners = new Set<() => void>();
  #part: Part | null = null;
  #isLoading = false;

  constructor(load: () => Promise<Part>) {
    this.#import = load;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Null until it is loaded. */
  get = (): Part | null => this.#part;

  load(): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    void this.#fetch();
  }

  async #fetch(): Promise<void> {
    try {
      this.#part = await this.#import();
      for (const listener of this.#listeners) listener();
    } catch {
      // No connection, or files of an older build: what needs it next tries again.
      this.#isLoading = false;
    }
  }
}
