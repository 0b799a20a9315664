const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1000;

/** Schedules the attempts of a connection that reconnects for ever. One task is scheduled at a time. */
export class Reconnection {
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** Failures since the connection was last open. */
  get failures(): number {
    return this.#failures;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  connected(): void {
    this.#failures = 0;
  }

  /** Reconnects with exponential backoff. */
  reconnect(connect: () => Promise<void>): void {
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, MAX_BACKOFF_MS);
    this.#failures += 1;
    this.schedule(backoff, connect);
  }

  /** Schedules work, and cancels what was scheduled before. The work must not reject. */
  schedule(delayMs: number, work: () => Promise<void>): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void work(), delayMs).unref();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
