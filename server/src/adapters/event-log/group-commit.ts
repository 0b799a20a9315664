import { performance } from 'node:perf_hooks';
import type { StatementSync } from 'node:sqlite';
import { LeaseLostError, StorageError } from '../../core/errors.ts';
import type { LoggedEvent } from '../../core/event-tail.ts';
import type { SqliteDatabase } from '../store/sqlite-database.ts';
import type { SqliteLogWriter } from './sqlite-log-writer.ts';

/**
 * After a commit the log rests this many times as long as the commit took, at most MAX_REST ms: an idle log commits at
 * once, a busy one spends a fifth of the loop on the disk and lets events gather (2 µs a row in a group, 160 alone).
 */
const REST_FACTOR = 4;
const MAX_REST = 8;
/** A commit that storage refuses is tried again for so long, at such intervals (ms), before its replies fail. */
const PATIENCE = 2000;
const RETRY_INTERVAL = 50;

interface Queued {
  writer: SqliteLogWriter;
  sequence: number;
  event: LoggedEvent;
}

/** Makes queued events durable, those of all writers together. */
export class GroupCommit {
  readonly #database: SqliteDatabase;
  readonly #insert: StatementSync;
  readonly #selectNode: StatementSync;
  /** Told of each writer whose log has ended, or whose events are lost. */
  readonly #onDone: (writer: SqliteLogWriter) => void;
  #queue: Queued[] = [];
  #isScheduled = false;
  #restUntil = 0;
  /** Since when storage has refused; null while it doesn't. */
  #refusedSince: number | null = null;

  constructor(database: SqliteDatabase, onDone: (writer: SqliteLogWriter) => void) {
    this.#database = database;
    this.#onDone = onDone;
    this.#insert = database.connection.prepare(
      'insert into events (generation_id, sequence, name, data) values (?, ?, ?, ?)',
    );
    this.#selectNode = database.connection.prepare('select 1 from nodes where id = ?');
  }

  enqueue(writer: SqliteLogWriter, sequence: number, event: LoggedEvent): void {
    this.#queue.push({ writer, sequence, event });
    if (!this.#isScheduled) this.#schedule(this.#restUntil - performance.now());
  }

  /** Commits what is queued. @returns when everything is durable or given up */
  flush(): void {
    this.#commit();
  }

  #schedule(rest: number): void {
    this.#isScheduled = true;
    // setImmediate, not a microtask: whatever other models' sockets have ready joins this commit.
    if (rest <= 0) setImmediate(() => this.#commit());
    else setTimeout(() => this.#commit(), rest);
  }

  #commit(): void {
    this.#isScheduled = false;
    const batch = this.#queue;
    if (batch.length === 0) return;
    this.#queue = [];
    const startedAt = performance.now();
    try {
      this.#database.atomically(() => this.#write(batch));
    } catch (error) {
      this.#onRefusal(batch, error);
      return;
    }
    this.#refusedSince = null;
    const endedAt = performance.now();
    this.#restUntil = endedAt + Math.min(MAX_REST, REST_FACTOR * (endedAt - startedAt));
    this.#announce(batch);
  }

  #write(batch: readonly Queued[]): void {
    const nodes = new Set<string>();
    for (const { writer } of batch) nodes.add(writer.nodeId);
    for (const nodeId of nodes) {
      if (this.#selectNode.get(nodeId) === undefined)
        throw new LeaseLostError(`Node ${nodeId} was struck off`);
    }
    for (const { writer, sequence, event } of batch) {
      this.#insert.run(writer.tail.logId, sequence, event.name, event.data);
    }
  }

  #announce(batch: readonly Queued[]): void {
    for (const { writer, event } of batch) writer.tail.commit(event);
    for (const writer of new Set(batch.map((queued) => queued.writer))) {
      writer.committed();
      if (writer.tail.ended) this.#onDone(writer);
    }
  }

  /** Storage in trouble is given time; anything else is somebody's own, and the others don't suffer for it. */
  #onRefusal(batch: Queued[], error: unknown): void {
    const now = performance.now();
    this.#refusedSince ??= now;
    if (error instanceof StorageError && now - this.#refusedSince < PATIENCE) {
      this.#queue = [...batch, ...this.#queue];
      if (!this.#isScheduled) this.#schedule(RETRY_INTERVAL);
      return;
    }
    this.#refusedSince = null;
    const byWriter = Map.groupBy(batch, (queued) => queued.writer);
    for (const [writer, events] of byWriter) this.#commitAlone(writer, events);
  }

  #commitAlone(writer: SqliteLogWriter, events: Queued[]): void {
    try {
      this.#database.atomically(() => this.#write(events));
    } catch (error) {
      // The queue may hold more of it by now.
      this.#queue = this.#queue.filter((queued) => queued.writer !== writer);
      const reason =
        error instanceof LeaseLostError
          ? error
          : new StorageError('An event was not written.', { cause: error });
      writer.fail(reason);
      this.#onDone(writer);
      return;
    }
    this.#announce(events);
  }
}
