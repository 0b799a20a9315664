import type { ChatEvent } from '@millrace/protocol';
import type { LogWriter } from '../ports/event-log.ts';

/**
 * The log of a reply while a model speaks: an event that tells of something kept elsewhere is appended once that is durable, and
 * nothing that follows overtakes it.
 */
export class OrderedLog {
  readonly #writer: LogWriter;
  readonly #onFailure: (reason: unknown) => void;
  /** The events that wait, and when the last of them doesn't any more. */
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();
  #failure: { reason: unknown } | null = null;

  /** @param onFailure told when something could not be kept: what comes after it is not written either */
  constructor(writer: LogWriter, onFailure: (reason: unknown) => void) {
    this.#writer = writer;
    this.#onFailure = onFailure;
  }

  /** Whether something that was appended will never be in the log. */
  get hasFailed(): boolean {
    return this.#failure !== null || this.#writer.failure.aborted;
  }

  /** @param kept resolves when what the event tells of is durable */
  append(event: ChatEvent, kept?: Promise<void>): void {
    if (this.#waiting > 0 || kept !== undefined) this.#last = this.#appendAfter(this.#last, kept, event);
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
    kept: Promise<void> | undefined,
    event: ChatEvent,
  ): Promise<void> {
    this.#waiting += 1;
    // Both at once: a rejection that nobody listens to would end the process.
    const [, outcome] = await Promise.allSettled([before, kept]);
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
