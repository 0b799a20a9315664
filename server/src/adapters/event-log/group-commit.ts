import { performance } from 'node:perf_hooks';
import { LeaseLostError, StorageError } from '../../core/errors.ts';
import type { LogRecord } from '../../core/event-tail.ts';
import type { QueuedLogWriter } from './queued-log-writer.ts';

/**
 * From one commit to the next at least so long (ms): an idle log commits at once, a busy one lets events gather. A commit
 * to SQLite costs 0.1 ms of CPU, so 500 a second are a twentieth of a core.
 */
const INTERVAL = 2;
/** What storage refuses is tried again at such intervals (ms). */
const RETRY_INTERVAL = 50;

export interface QueuedEvent {
  writer: QueuedLogWriter;
  sequence: number;
  event: LogRecord;
  /** Among the events of all logs, where the storage counts these: it notes that here. */
  position: number;
}

/** Whose events were not written, and why. */
export type Refusals = ReadonlyMap<QueuedLogWriter, unknown>;

/** Where a log keeps its events. */
export interface EventStorage {
  /**
   * Writes events of several writers, those of each in order and all or none. After a StorageError the same is asked again.
   * @returns those refused; throws when all are
   */
  write(batch: readonly QueuedEvent[]): Refusals | Promise<Refusals>;
  /** Resolves when what was written can't be lost. That it may be is final: what is there then nobody knows. */
  secure(): Promise<void>;
  /** Told of what is durable, just before the readers are. */
  note(batch: readonly QueuedEvent[]): void;
}

export interface GroupCommitOptions {
  /** What storage refuses is tried again for so long before its replies fail (ms). */
  patience: number;
  /** Told of each writer whose log has ended, or whose events are lost. */
  onDone: (writer: QueuedLogWriter) => void;
}

/** Makes queued events durable, those of all writers together, and then known. One batch at a time; what comes meanwhile gathers. */
export class GroupCommit {
  readonly #storage: EventStorage;
  readonly #options: GroupCommitOptions;
  #queue: QueuedEvent[] = [];
  /** Whether a commit is to come or under way. */
  #isBusy = false;
  #nextAt = 0;
  /** Since when storage has refused; null while it doesn't. */
  #refusedSince: number | null = null;
  #onIdle: (() => void) | null = null;

  constructor(storage: EventStorage, options: GroupCommitOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  enqueue(writer: QueuedLogWriter, sequence: number, event: LogRecord): void {
    this.#queue.push({ writer, sequence, event, position: 0 });
    if (!this.#isBusy) this.#schedule(this.#nextAt - performance.now());
  }

  /** Resolves when everything queued is durable or given up. */
  idle(): Promise<void> {
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => (this.#onIdle = resolve));
  }

  #schedule(delay: number): void {
    this.#isBusy = true;
    const commit = () => void this.#commit();
    // setImmediate, not a microtask: whatever other models' sockets have ready joins this commit.
    if (delay <= 0) setImmediate(commit);
    else setTimeout(commit, delay);
  }

  /** Never rejects. */
  async #commit(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    this.#nextAt = performance.now() + INTERVAL;
    const written = this.#withoutRefused(batch, await this.#write(batch));
    await this.#announce(written);
    this.#isBusy = false;
    if (this.#queue.length > 0) this.#schedule(this.#nextAt - performance.now());
    else this.#onIdle?.();
  }

  async #write(batch: readonly QueuedEvent[]): Promise<Refusals> {
    try {
      return await this.#storage.write(batch);
    } catch (error) {
      if (error instanceof StorageError && this.#hasPatience()) return refusingAll(batch, error);
      return this.#writeApart(batch);
    }
  }

  /** What is wrong may be somebody's own, and the others don't suffer for it. */
  async #writeApart(batch: readonly QueuedEvent[]): Promise<Refusals> {
    const refused = new Map<QueuedLogWriter, unknown>();
    for (const [writer, events] of Map.groupBy(batch, (queued) => queued.writer)) {
      try {
        const refusals = await this.#storage.write(events);
        for (const [each, reason] of refusals) refused.set(each, reason);
      } catch (error) {
        refused.set(writer, error);
      }
    }
    return refused;
  }

  /** Gives those who were refused more time, or up. */
  #withoutRefused(batch: readonly QueuedEvent[], refused: Refusals): readonly QueuedEvent[] {
    const delayed = new Set<QueuedLogWriter>();
    for (const [writer, reason] of refused) {
      if (reason instanceof StorageError && this.#hasPatience()) delayed.add(writer);
      else this.#fail(writer, reason);
    }
    if (delayed.size === 0) this.#refusedSince = null;
    else {
      this.#queue = [...batch.filter(({ writer }) => delayed.has(writer)), ...this.#queue];
      this.#nextAt = performance.now() + RETRY_INTERVAL;
    }
    return refused.size === 0 ? batch : batch.filter(({ writer }) => !refused.has(writer));
  }

  /** Waits until it can't be lost, and lets readers know. */
  async #announce(batch: readonly QueuedEvent[]): Promise<void> {
    if (batch.length === 0) return;
    const writers = new Set<QueuedLogWriter>();
    for (const { writer } of batch) writers.add(writer);
    try {
      await this.#storage.secure();
    } catch (error) {
      for (const writer of writers) this.#fail(writer, error);
      return;
    }
    this.#storage.note(batch);
    for (const { writer, event } of batch) writer.tail.commit(event);
    for (const writer of writers) {
      writer.committed();
      if (writer.tail.hasEnded) this.#options.onDone(writer);
    }
  }

  /** Storage in trouble is given time. */
  #hasPatience(): boolean {
    const now = performance.now();
    this.#refusedSince ??= now;
    return now - this.#refusedSince < this.#options.patience;
  }

  #fail(writer: QueuedLogWriter, error: unknown): void {
    // The queue may hold more of it by now.
    this.#queue = this.#queue.filter((queued) => queued.writer !== writer);
    const reason =
      error instanceof LeaseLostError
        ? error
        : new StorageError('An event was not written.', { cause: error });
    writer.fail(reason);
    this.#options.onDone(writer);
  }
}

function refusingAll(batch: readonly QueuedEvent[], reason: StorageError): Refusals {
  const refused = new Map<QueuedLogWriter, unknown>();
  for (const { writer } of batch) refused.set(writer, reason);
  return refused;
}
