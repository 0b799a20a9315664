/** How long it is waited before the first try to connect again, and at most (ms). */
const FIRST_BACKOFF = 50;
const LONGEST_BACKOFF = 1000;

/** What is done next, and when, to a connection that is made anew for ever: one thing at a time. */
export class Reconnection {
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** How often it was lost, or could not be made, since it was last there. */
  get failures(): number {
    return this.#failures;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  connected(): void {
    this.#failures = 0;
  }

  /** Connects again: soon at first, then ever later. */
  again(connect: () => Promise<void>): void {
    const backoff = Math.min(FIRST_BACKOFF * 2 ** this.#failures, LONGEST_BACKOFF);
    this.#failures += 1;
    this.after(backoff, connect);
  }

  /** In so long (ms), instead of what was to be done next. The work must not reject. */
  after(delay: number, work: () => Promise<void>): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void work(), delay).unref();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
