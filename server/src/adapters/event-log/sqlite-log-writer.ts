import { encodeData } from '@millrace/protocol';
import type { ChatEvent } from '@millrace/protocol';
import { ReplyError } from '../../core/errors.ts';
import type { EventTail, LoggedEvent } from '../../core/event-tail.ts';
import type { LogWriter } from '../../ports/event-log.ts';

/** Numbers one generation's events and hands them to the log's next commit. */
export class SqliteLogWriter implements LogWriter {
  readonly tail: EventTail;
  readonly #enqueue: (sequence: number, event: LoggedEvent) => void;
  readonly #failure = new AbortController();
  /** The sequence of the last event numbered, durable or not. */
  #last: number;
  #flushing: PromiseWithResolvers<void> | null = null;

  constructor(tail: EventTail, enqueue: (sequence: number, event: LoggedEvent) => void) {
    this.tail = tail;
    this.#enqueue = enqueue;
    this.#last = tail.last;
  }

  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  append(event: ChatEvent): void {
    if (this.#failure.signal.aborted) return;
    this.#last += 1;
    this.#enqueue(this.#last, { name: event.event, data: encodeData(event) });
  }

  async flush(): Promise<void> {
    this.#failure.signal.throwIfAborted();
    if (this.#last === this.tail.last) return;
    this.#flushing ??= Promise.withResolvers();
    await this.#flushing.promise;
  }

  /** Called by the log after a commit that held events of this writer. */
  committed(): void {
    this.tail.wake();
    if (this.#last !== this.tail.last) return;
    this.#flushing?.resolve();
    this.#flushing = null;
  }

  /** Called by the log when a commit failed: what was queued is lost. */
  fail(cause: unknown): void {
    const error = new ReplyError(
      'storage_failed',
      'The reply could not be written down. What you see is kept.',
      { cause },
    );
    this.#failure.abort(error);
    this.#flushing?.reject(error);
    this.#flushing = null;
  }
}
