import type { ChatEvent } from '@millrace/protocol';
import { toRecord } from '../../core/event-tail.ts';
import type { EventTail, LogRecord } from '../../core/event-tail.ts';
import type { LogWriter } from '../../ports/event-log.ts';

/** Commits records; see GroupCommit. */
interface CommitQueue {
  enqueue(writer: QueuedLogWriter, sequence: number, record: LogRecord): void;
}

/** Numbers the records of one generation and hands them to the log's next commit. */
export class QueuedLogWriter implements LogWriter {
  readonly tail: EventTail;
  readonly hasLostEvents = false;
  /** The node whose lease this writer needs. */
  readonly nodeId: string;
  readonly #commits: CommitQueue;
  readonly #onRelease: (writer: QueuedLogWriter) => void;
  readonly #failure = new AbortController();
  /** The sequence of the last numbered record, durable or not. */
  #last: number;
  #flushing: PromiseWithResolvers<void> | null = null;
  /** Resolves when an ended log has been moved to permanent storage. */
  #archived: Promise<void> = Promise.resolve();

  constructor(
    tail: EventTail,
    nodeId: string,
    commits: CommitQueue,
    onRelease: (writer: QueuedLogWriter) => void,
  ) {
    this.tail = tail;
    this.nodeId = nodeId;
    this.#commits = commits;
    this.#onRelease = onRelease;
    this.#last = tail.last;
  }

  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  append(event: ChatEvent | null, privateData?: object): void {
    if (this.#failure.signal.aborted) return;
    this.#last += 1;
    this.#commits.enqueue(this, this.#last, toRecord(event, privateData));
  }

  async flush(): Promise<void> {
    this.#failure.signal.throwIfAborted();
    if (this.#last !== this.tail.last) {
      this.#flushing ??= Promise.withResolvers();
      await this.#flushing.promise;
    }
    await this.#archived;
  }

  release(): void {
    this.#onRelease(this);
  }

  /** Called when the log has ended and is being moved to permanent storage: `flush` waits for that, readers don't. */
  waitForArchive(archived: Promise<void>): void {
    this.#archived = archived;
    // Nothing else may handle a rejection: `flush` is optional.
    archived.catch(() => {});
  }

  /** Called after a commit that held records of this writer. */
  onCommitted(): void {
    this.tail.wake();
    if (this.#last !== this.tail.last) return;
    this.#flushing?.resolve();
    this.#flushing = null;
  }

  /** Called when records could not be committed: what is queued is lost, and nothing more is accepted. */
  fail(reason: Error): void {
    this.#failure.abort(reason);
    this.#flushing?.reject(reason);
    this.#flushing = null;
  }
}
