import { EventTail } from '../../core/event-tail.ts';
import type { EventLog, LogWriter } from '../../ports/event-log.ts';
import type { Logger } from '../../ports/logger.ts';
import { FollowedTails } from './followed-tails.ts';
import type { RemoteEventSource } from './followed-tails.ts';
import { GroupCommit } from './group-commit.ts';
import type { RecordStorage } from './group-commit.ts';
import { QueuedLogWriter } from './queued-log-writer.ts';

/** What an event log needs of SQLite, PostgreSQL or Redis: it stores the records of all nodes, and reports what other nodes write. */
export interface EventBackend extends RecordStorage, RemoteEventSource {
  /** How long a refused commit is retried. */
  readonly retryWindowMs: number;
  /** Sends news of other nodes' records to these tails from now on. */
  connect(tails: FollowedTails): void;
  /**
   * Makes this node the writer of a log.
   * @returns the log as far as it is written; or the writer of a log of which events are lost, and which can't be continued
   * @throws LeaseLostError, StorageError
   */
  claim(generationId: string, nodeId: string, isNew: boolean): Promise<EventTail | LogWriter>;
  /** Called when this node stops writing a log. */
  release(generationId: string): void;
  prune(endedBefore: number): Promise<number>;
  /** Stops background work. There are no writers any more. */
  close(): Promise<void>;
}

/** The event log of a node: its own writers commit in groups, and logs that other nodes write are followed. */
export class StoredEventLog implements EventLog {
  readonly #backend: EventBackend;
  /** By generation; null while the log is being claimed. */
  readonly #writers = new Map<string, QueuedLogWriter | null>();
  readonly #commits: GroupCommit;
  readonly #tails: FollowedTails;

  constructor(backend: EventBackend, logger: Logger) {
    this.#backend = backend;
    this.#commits = new GroupCommit(backend, {
      retryWindowMs: backend.retryWindowMs,
      onDone: (writer) => this.#release(writer),
    });
    this.#tails = new FollowedTails(backend, logger);
    backend.connect(this.#tails);
  }

  async writer(generationId: string, nodeId: string, { isNew } = { isNew: false }): Promise<LogWriter> {
    if (this.#writers.has(generationId)) throw new Error(`Generation ${generationId} already has a writer`);
    this.#writers.set(generationId, null);
    let writer: QueuedLogWriter | null = null;
    try {
      const claimed = await this.#backend.claim(generationId, nodeId, isNew);
      if (!(claimed instanceof EventTail)) return claimed;
      const queued = new QueuedLogWriter(claimed, nodeId, this.#commits, (released) =>
        this.#release(released),
      );
      if (!queued.tail.hasEnded) writer = queued;
      return queued;
    } finally {
      if (writer === null) this.#writers.delete(generationId);
      else this.#writers.set(generationId, writer);
    }
  }

  async open(generationId: string, after: number, reaching = after): Promise<EventTail> {
    const written = this.#writers.get(generationId)?.tail;
    // A sequence beyond it was committed a moment ago, or by another node that has taken over.
    if (written !== undefined && reaching <= written.last) return written;
    return this.#tails.open(generationId, after, reaching);
  }

  prune(endedBefore: number): Promise<number> {
    return this.#backend.prune(endedBefore);
  }

  async close(): Promise<void> {
    await this.#commits.idle();
    this.#tails.close();
    await this.#backend.close();
  }

  /** Readers that still wait for the end follow the next writer. */
  #release(writer: QueuedLogWriter): void {
    const { tail } = writer;
    if (this.#writers.get(tail.logId) !== writer) return;
    this.#writers.delete(tail.logId);
    this.#backend.release(tail.logId);
    if (!tail.hasEnded) void this.#tails.follow(tail);
  }
}
