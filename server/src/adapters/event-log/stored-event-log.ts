import { EventTail } from '../../core/event-tail.ts';
import type { EventLog, LogWriter } from '../../ports/event-log.ts';
import type { Logger } from '../../ports/logger.ts';
import { FollowedTails } from './followed-tails.ts';
import type { TailSource } from './followed-tails.ts';
import { GroupCommit } from './group-commit.ts';
import type { EventStorage } from './group-commit.ts';
import { QueuedLogWriter } from './queued-log-writer.ts';

/** Servers that keep the events of all nodes, and tell each of what the others write. */
export interface EventBackend extends EventStorage, TailSource {
  /** How long a commit that is refused is tried again (ms). */
  readonly patience: number;
  /** Hears of what others write from now on. */
  listen(tails: FollowedTails): void;
  /**
   * Makes a log this node's to write. @throws LeaseLostError, StorageError
   * @returns what there is of it; or the writer of one that can't go on, for nobody knows what its readers have seen
   */
  take(generationId: string, nodeId: string, isNew: boolean): Promise<EventTail | LogWriter>;
  /** Told that a log is written here no more. */
  leave(generationId: string): void;
  prune(endedBefore: number): Promise<number>;
  /** Ends what it does by itself; there are no writers any more. */
  close(): Promise<void>;
}

/** An event log on servers that all nodes share. */
export class StoredEventLog implements EventLog {
  readonly #events: EventBackend;
  /** Null while it is being taken. */
  readonly #writers = new Map<string, QueuedLogWriter | null>();
  readonly #commits: GroupCommit;
  readonly #tails: FollowedTails;

  constructor(events: EventBackend, logger: Logger) {
    this.#events = events;
    this.#commits = new GroupCommit(events, {
      patience: events.patience,
      onDone: (writer) => this.#release(writer),
    });
    this.#tails = new FollowedTails(events, logger);
    events.listen(this.#tails);
  }

  async writer(generationId: string, nodeId: string, { isNew } = { isNew: false }): Promise<LogWriter> {
    if (this.#writers.has(generationId)) throw new Error(`${generationId} has a writer already`);
    this.#writers.set(generationId, null);
    let writer: QueuedLogWriter | null = null;
    try {
      const taken = await this.#events.take(generationId, nodeId, isNew);
      if (!(taken instanceof EventTail)) return taken;
      const queued = new QueuedLogWriter(
        taken,
        nodeId,
        (...event) => this.#commits.enqueue(...event),
        (released) => this.#release(released),
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
    // What is known elsewhere we may not have heard of: that it was written, or that another writes it by now.
    if (written !== undefined && reaching <= written.last) return written;
    return this.#tails.open(generationId, after, reaching);
  }

  prune(endedBefore: number): Promise<number> {
    return this.#events.prune(endedBefore);
  }

  async close(): Promise<void> {
    await this.#commits.idle();
    this.#tails.close();
    await this.#events.close();
  }

  /** The writer has written its last. Those who still wait for an end are fed by whoever writes it. */
  #release(writer: QueuedLogWriter): void {
    const { tail } = writer;
    if (this.#writers.get(tail.logId) !== writer) return;
    this.#writers.delete(tail.logId);
    this.#events.leave(tail.logId);
    if (!tail.hasEnded) void this.#tails.adopt(tail);
  }
}
