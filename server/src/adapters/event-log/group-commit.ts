import { performance } from 'node:perf_hooks';
import { LeaseLostError, StorageError } from '../../core/errors.ts';
import type { LoggedEvent } from '../../core/event-tail.ts';
import type { SqliteDatabase } from '../store/sqlite-database.ts';
import type { EventJournal } from './event-journal.ts';
import type { JournalCompactor } from './journal-compactor.ts';
import type { SqliteLogWriter } from './sqlite-log-writer.ts';

/**
 * From one commit to the next at least so long (ms): an idle log commits at once, a busy one lets events gather. A commit
 * costs 0.1 ms of CPU, so 500 a second are a twentieth of a core.
 */
const INTERVAL = 2;
/** A commit that storage refuses is tried again for so long, at such intervals (ms), before its replies fail. */
const PATIENCE = 2000;
const RETRY_INTERVAL = 50;

interface Queued {
  writer: SqliteLogWriter;
  sequence: number;
  event: LoggedEvent;
  /** In the journal; 0 until it is written. */
  position: number;
}

/** Makes queued events durable, those of all writers together, and then known. */
export class GroupCommit {
  readonly #database: SqliteDatabase;
  readonly #journal: EventJournal;
  readonly #compactor: JournalCompactor;
  /** Told of each writer whose log has ended, or whose events are lost. */
  readonly #onDone: (writer: SqliteLogWriter) => void;
  #queue: Queued[] = [];
  /** Whether a commit is to come or under way. */
  #isBusy = false;
  #nextAt = 0;
  /** Since when storage has refused; null while it doesn't. */
  #refusedSince: number | null = null;
  #onIdle: (() => void) | null = null;

  constructor(
    database: SqliteDatabase,
    journal: EventJournal,
    compactor: JournalCompactor,
    onDone: (writer: SqliteLogWriter) => void,
  ) {
    this.#database = database;
    this.#journal = journal;
    this.#compactor = compactor;
    this.#onDone = onDone;
  }

  enqueue(writer: SqliteLogWriter, sequence: number, event: LoggedEvent): void {
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
    let written = batch;
    try {
      this.#database.atomically(() => this.#insert(batch));
      this.#refusedSince = null;
    } catch (error) {
      if (this.#isWorthAnotherTry(error)) {
        this.#queue = [...batch, ...this.#queue];
        this.#schedule(RETRY_INTERVAL);
        return;
      }
      written = this.#insertApart(batch);
    }
    await this.#announce(written);
    this.#isBusy = false;
    if (this.#queue.length > 0) this.#schedule(this.#nextAt - performance.now());
    else this.#onIdle?.();
  }

  /** Waits for the disk, and lets readers know. */
  async #announce(batch: readonly Queued[]): Promise<void> {
    const writers = new Set(batch.map(({ writer }) => writer));
    try {
      await this.#database.durable();
    } catch (error) {
      // Whether they are on the disk nobody knows now, and asking it again tells nothing: whoever goes on reads what is there.
      for (const writer of writers) this.#fail(writer, error);
      return;
    }
    for (const { writer, sequence, event, position } of batch) {
      this.#compactor.note(writer.tail.logId, sequence, position, event);
      writer.tail.commit(event);
    }
    for (const writer of writers) {
      writer.committed();
      if (writer.tail.ended) this.#onDone(writer);
    }
  }

  /** @throws StorageError, LeaseLostError */
  #insert(batch: readonly Queued[]): void {
    const nodes = new Set<string>();
    for (const { writer } of batch) nodes.add(writer.nodeId);
    for (const nodeId of nodes) {
      if (!this.#journal.isListed(nodeId)) throw new LeaseLostError(`Node ${nodeId} was struck off`);
    }
    for (const queued of batch) {
      const { writer, sequence, event } = queued;
      queued.position = this.#journal.append(writer.tail.logId, sequence, event);
    }
  }

  /** Storage in trouble is given time. */
  #isWorthAnotherTry(error: unknown): boolean {
    const now = performance.now();
    this.#refusedSince ??= now;
    if (error instanceof StorageError && now - this.#refusedSince < PATIENCE) return true;
    this.#refusedSince = null;
    return false;
  }

  /** What is wrong may be somebody's own, and the others don't suffer for it. */
  #insertApart(batch: readonly Queued[]): Queued[] {
    const written: Queued[] = [];
    for (const [writer, events] of Map.groupBy(batch, (queued) => queued.writer)) {
      try {
        this.#database.atomically(() => this.#insert(events));
        written.push(...events);
      } catch (error) {
        this.#fail(writer, error);
      }
    }
    return written;
  }

  #fail(writer: SqliteLogWriter, error: unknown): void {
    // The queue may hold more of it by now.
    this.#queue = this.#queue.filter((queued) => queued.writer !== writer);
    const reason =
      error instanceof LeaseLostError
        ? error
        : new StorageError('An event was not written.', { cause: error });
    writer.fail(reason);
    this.#onDone(writer);
  }
}
