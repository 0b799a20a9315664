import { toRecord } from './log-record.ts';
import type { ChatEvent } from '@millrace/protocol';
import type { EventTail, LogRecord } from '../../core/event-tail.ts';
import type { LogWriter } from '../../ports/event-log.ts';

/** Numbers one generation's events and hands them to the log's next commit. */
export class QueuedLogWriter implements LogWriter {
  readonly tail: EventTail;
  readonly hasLostEvents = false;
  /** Under whose lease it writes. */
  readonly nodeId: string;
  readonly #enqueue: (writer: QueuedLogWriter, sequence: number, event: LogRecord) => void;
  readonly #onRelease: (writer: QueuedLogWriter) => void;
  readonly #failure = new AbortController();
  /** The sequence of the last event numbered, durable or not. */
  #last: number;
  #flushing: PromiseWithResolvers<void> | null = null;
  /** Resolves when all of a log that has ended is where it stays. */
  #kept: Promise<void> = Promise.resolve();

  constructor(
    tail: EventTail,
    nodeId: string,
    enqueue: (writer: QueuedLogWriter, sequence: number, event: LogRecord) => void,
    onRelease: (writer: QueuedLogWriter) => void,
  ) {
    this.tail = tail;
    this.nodeId = nodeId;
    this.#enqueue = enqueue;
    this.#onRelease = onRelease;
    this.#last = tail.last;
  }

  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  append(event: ChatEvent | null, privateData?: object): void {
    if (this.#failure.signal.aborted) return;
    this.#last += 1;
    this.#enqueue(this, this.#last, toRecord(event, privateData));
  }

  async flush(): Promise<void> {
    this.#failure.signal.throwIfAborted();
    if (this.#last !== this.tail.last) {
      this.#flushing ??= Promise.withResolvers();
      await this.#flushing.promise;
    }
    await this.#kept;
  }

  release(): void {
    this.#onRelease(this);
  }

  /** Called by a log that has ended, and moves to where it stays: its writer waits for that, its readers don't. */
  keep(kept: Promise<void>): void {
    this.#kept = kept;
    // Nobody may ask.
    kept.catch(() => {});
  }

  /** Called by the log after a commit that held events of this writer. */
  committed(): void {
    this.tail.wake();
    if (this.#last !== this.tail.last) return;
    this.#flushing?.resolve();
    this.#flushing = null;
  }

  /** Called by the log when its events could not be committed: what was queued is lost, and nothing more is taken. */
  fail(reason: Error): void {
    this.#failure.abort(reason);
    this.#flushing?.reject(reason);
    this.#flushing = null;
  }
}
