import { performance } from 'node:perf_hooks';
import { LeaseLostError, StorageError } from '../../core/errors.ts';
import type { LogRecord } from '../../core/event-tail.ts';
import type { QueuedLogWriter } from './queued-log-writer.ts';

/**
 * The shortest time from one commit to the next: an idle log commits at once, a busy one gathers records. A commit
 * to SQLite costs 0.1 ms of CPU, so 500 a second use 5% of a core.
 */
const COMMIT_INTERVAL_MS = 2;
/** Time between two attempts while storage refuses to write. */
const RETRY_INTERVAL_MS = 50;

export interface QueuedRecord {
  writer: QueuedLogWriter;
  sequence: number;
  record: LogRecord;
  /** Its position among the records of all logs. Set by a storage that numbers these. */
  position: number;
}

/** The writers whose records were not written, and why. */
export type Refusals = ReadonlyMap<QueuedLogWriter, unknown>;

/** Where a log stores its records. */
export interface RecordStorage {
  /**
   * Writes records of several writers: the records of each writer in order, and all or none of them. After a StorageError the same
   * batch may be written again.
   * @returns the writers that were refused; throws when all of them are
   */
  write(batch: readonly QueuedRecord[]): Refusals | Promise<Refusals>;
  /** Resolves when everything written so far is durable. A rejection is final: the on-disk state is then unknown. */
  makeDurable(): Promise<void>;
  /** Called with records that have become durable, just before readers see them. */
  onDurable(batch: readonly QueuedRecord[]): void;
}

export interface GroupCommitOptions {
  /** How long a refused write is retried before its replies fail. */
  retryWindowMs: number;
  /** Called with each writer whose log has ended, or whose records are lost. */
  onDone: (writer: QueuedLogWriter) => void;
}

/**
 * Commits the queued records of all writers together, and lets readers see them once they are durable. One batch at a time; records
 * that arrive meanwhile go into the next.
 */
export class GroupCommit {
  readonly #storage: RecordStorage;
  readonly #options: GroupCommitOptions;
  #queue: QueuedRecord[] = [];
  /** Whether a commit is scheduled or under way. */
  #isBusy = false;
  #nextAt = 0;
  /** When storage began to refuse writes; null while it accepts them. */
  #refusingSince: number | null = null;
  #onIdle: (() => void) | null = null;

  constructor(storage: RecordStorage, options: GroupCommitOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  enqueue(writer: QueuedLogWriter, sequence: number, record: LogRecord): void {
    this.#queue.push({ writer, sequence, record, position: 0 });
    if (!this.#isBusy) this.#schedule(this.#nextAt - performance.now());
  }

  /** Resolves when everything queued is durable or has failed. */
  idle(): Promise<void> {
    if (!this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => (this.#onIdle = resolve));
  }

  #schedule(delayMs: number): void {
    this.#isBusy = true;
    const commit = () => void this.#commit();
    // setImmediate, not a microtask: records that other sockets have ready join this commit.
    if (delayMs <= 0) setImmediate(commit);
    else setTimeout(commit, delayMs);
  }

  /** Never rejects. */
  async #commit(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    this.#nextAt = performance.now() + COMMIT_INTERVAL_MS;
    const written = this.#handleRefusals(batch, await this.#write(batch));
    await this.#publish(written);
    this.#isBusy = false;
    if (this.#queue.length > 0) this.#schedule(this.#nextAt - performance.now());
    else this.#onIdle?.();
  }

  async #write(batch: readonly QueuedRecord[]): Promise<Refusals> {
    try {
      return await this.#storage.write(batch);
    } catch (error) {
      if (error instanceof StorageError && this.#mayRetry()) return refuseAll(batch, error);
      return this.#writeSeparately(batch);
    }
  }

  /** Writes the records of each writer alone, so that a writer whose records are refused doesn't fail the others. */
  async #writeSeparately(batch: readonly QueuedRecord[]): Promise<Refusals> {
    const refused = new Map<QueuedLogWriter, unknown>();
    for (const [writer, records] of Map.groupBy(batch, (queued) => queued.writer)) {
      try {
        const refusals = await this.#storage.write(records);
        for (const [each, reason] of refusals) refused.set(each, reason);
      } catch (error) {
        refused.set(writer, error);
      }
    }
    return refused;
  }

  /** Queues refused records again within the retry window, and fails their writers after it. @returns the written records */
  #handleRefusals(batch: readonly QueuedRecord[], refused: Refusals): readonly QueuedRecord[] {
    const delayed = new Set<QueuedLogWriter>();
    for (const [writer, reason] of refused) {
      if (reason instanceof StorageError && this.#mayRetry()) delayed.add(writer);
      else this.#fail(writer, reason);
    }
    if (delayed.size === 0) this.#refusingSince = null;
    else {
      this.#queue = [...batch.filter(({ writer }) => delayed.has(writer)), ...this.#queue];
      this.#nextAt = performance.now() + RETRY_INTERVAL_MS;
    }
    return refused.size === 0 ? batch : batch.filter(({ writer }) => !refused.has(writer));
  }

  /** Waits until the records are durable, and wakes their readers. */
  async #publish(batch: readonly QueuedRecord[]): Promise<void> {
    if (batch.length === 0) return;
    const writers = new Set<QueuedLogWriter>();
    for (const { writer } of batch) writers.add(writer);
    try {
      await this.#storage.makeDurable();
    } catch (error) {
      for (const writer of writers) this.#fail(writer, error);
      return;
    }
    this.#storage.onDurable(batch);
    for (const { writer, record } of batch) writer.tail.commit(record);
    for (const writer of writers) {
      writer.onCommitted();
      if (writer.tail.hasEnded) this.#options.onDone(writer);
    }
  }

  /** Whether the retry window, which begins with the first refusal, is still open. */
  #mayRetry(): boolean {
    const now = performance.now();
    this.#refusingSince ??= now;
    return now - this.#refusingSince < this.#options.retryWindowMs;
  }

  #fail(writer: QueuedLogWriter, error: unknown): void {
    // More of its records may have been queued meanwhile.
    this.#queue = this.#queue.filter((queued) => queued.writer !== writer);
    const reason =
      error instanceof LeaseLostError
        ? error
        : new StorageError('The reply could not be saved.', { cause: error });
    writer.fail(reason);
    this.#options.onDone(writer);
  }
}

function refuseAll(batch: readonly QueuedRecord[], reason: StorageError): Refusals {
  const refused = new Map<QueuedLogWriter, unknown>();
  for (const { writer } of batch) refused.set(writer, reason);
  return refused;
}
