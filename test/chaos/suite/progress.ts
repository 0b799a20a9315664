/** Counts the events of a run, so that a disturbance can wait for its moment. */
export class Progress {
  #replies = 0;
  #events = 0;
  readonly #listeners = new Set<() => void>();

  get replies(): number {
    return this.#replies;
  }

  get events(): number {
    return this.#events;
  }

  countReply(): void {
    this.#replies += 1;
    for (const listener of this.#listeners) listener();
  }

  countEvent(): void {
    this.#events += 1;
    for (const listener of this.#listeners) listener();
  }

  /** Resolves in the turn in which a count makes the condition true, or when the signal aborts. */
  async until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    if (condition() || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!condition() && !signal.aborted) return;
        this.#listeners.delete(look);
        signal.removeEventListener('abort', look);
        resolve();
      };
      this.#listeners.add(look);
      signal.addEventListener('abort', look);
    });
  }
}
