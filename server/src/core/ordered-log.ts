import type { ChatEvent } from '@millrace/protocol';
import type { LogWriter } from '../ports/event-log.ts';

/**
 * The log of a reply while its model streams. An event that refers to data stored elsewhere is appended once that data is durable, and
 * no later event overtakes it.
 */
export class OrderedLog {
  readonly #writer: LogWriter;
  readonly #onFailure: (reason: unknown) => void;
  /** The number of waiting events, and the promise of the last one. */
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();
  #failure: { reason: unknown } | null = null;

  /** @param onFailure called when such data could not be stored: later events aren't written either */
  constructor(writer: LogWriter, onFailure: (reason: unknown) => void) {
    this.#writer = writer;
    this.#onFailure = onFailure;
  }

  /** Whether an appended event will never be in the log. */
  get hasFailed(): boolean {
    return this.#failure !== null || this.#writer.failure.aborted;
  }

  /** @param stored resolves when the data that the event refers to is durable */
  append(event: ChatEvent, stored?: Promise<void>): void {
    if (this.#waiting > 0 || stored !== undefined) this.#last = this.#appendAfter(this.#last, stored, event);
    else if (this.#failure === null) this.#writer.append(event);
  }

  /** Resolves when everything appended so far is durable. @throws StorageError, LeaseLostError */
  async flush(): Promise<void> {
    await this.#last;
    await this.#writer.flush();
    if (this.#failure !== null) throw this.#failure.reason;
  }

  /** Never rejects. */
  async #appendAfter(
    before: Promise<void>,
    stored: Promise<void> | undefined,
    event: ChatEvent,
  ): Promise<void> {
    this.#waiting += 1;
    // Both at once: an unhandled rejection would end the process.
    const [, outcome] = await Promise.allSettled([before, stored]);
    this.#waiting -= 1;
    if (this.#failure !== null) return;
    if (outcome.status === 'fulfilled') {
      this.#writer.append(event);
    } else {
      this.#failure = { reason: outcome.reason };
      this.#onFailure(outcome.reason);
    }
  }
}
