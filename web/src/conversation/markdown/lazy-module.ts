import { Listeners } from '../../state/listeners.ts';

/** A module that is loaded when it is first needed. If it can't be loaded, the next use tries again. */
export class LazyModule<Module> {
  readonly #import: () => Promise<Module>;
  readonly #listeners = new Listeners();
  #module: Module | null = null;
  #isLoading = false;

  constructor(importModule: () => Promise<Module>) {
    this.#import = importModule;
  }

  subscribe = this.#listeners.subscribe;

  /** Null until the module is loaded. */
  get = (): Module | null => this.#module;

  load(): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      this.#module = await this.#import();
      this.#listeners.notify();
    } catch {
      // Offline, or the files are from an older build.
      this.#isLoading = false;
    }
  }
}
