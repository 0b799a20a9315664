import { performance } from 'node:perf_hooks';
import type { StatementSync } from 'node:sqlite';
import type { EventName } from '@millrace/protocol';
import { EventTail } from '../../core/event-tail.ts';
import type { LoggedEvent } from '../../core/event-tail.ts';
import type { EventLog, LogWriter } from '../../ports/event-log.ts';
import type { SqliteDatabase } from '../store/sqlite-database.ts';
import { SqliteLogWriter } from './sqlite-log-writer.ts';

/**
 * After a commit the log rests this many times as long as the commit took, at most MAX_REST_MS: an idle log commits at
 * once, a busy one spends a fifth of the loop on the disk and lets events gather (2 µs a row in a group, 160 alone).
 */
const REST_FACTOR = 4;
const MAX_REST_MS = 8;
/** Generations whose events one call of `prune` deletes at most. */
const PRUNE_AT_MOST = 1000;

interface EventRow {
  sequence: number;
  name: EventName;
  data: string;
}

interface PrunableRow {
  generation_id: string;
  created_at: number | null;
  ended_at: number | null;
}

interface Queued {
  writer: SqliteLogWriter;
  sequence: number;
  event: LoggedEvent;
}

/** The event log in the SQLite file of the store, with group commit. */
export class SqliteEventLog implements EventLog {
  readonly #database: SqliteDatabase;
  readonly #insert: StatementSync;
  readonly #selectFrom: StatementSync;
  readonly #selectLast: StatementSync;
  readonly #writers = new Map<string, SqliteLogWriter>();
  #queue: Queued[] = [];
  #isScheduled = false;
  #restUntil = 0;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    const { connection } = database;
    this.#insert = connection.prepare(
      'insert into events (generation_id, sequence, name, data) values (?, ?, ?, ?)',
    );
    this.#selectFrom = connection.prepare(
      'select sequence, name, data from events where generation_id = ? and sequence >= ? order by sequence',
    );
    this.#selectLast = connection.prepare(
      'select sequence, name, data from events where generation_id = ? order by sequence desc limit 1',
    );
  }

  async writer(generationId: string): Promise<LogWriter> {
    if (this.#writers.has(generationId)) throw new Error(`${generationId} has a writer already`);
    const writer = new SqliteLogWriter(this.#load(generationId, 0), (sequence, event) => {
      this.#queue.push({ writer, sequence, event });
      this.#schedule();
    });
    if (!writer.tail.ended) this.#writers.set(generationId, writer);
    return writer;
  }

  async open(generationId: string, after: number): Promise<EventTail> {
    return this.#writers.get(generationId)?.tail ?? this.#load(generationId, after);
  }

  async prune(endedBefore: number): Promise<number> {
    const { connection } = this.#database;
    const next = connection.prepare(`
      select events.generation_id, generations.created_at, generations.ended_at
      from events left join generations on generations.id = events.generation_id
      where events.generation_id > ? order by events.generation_id limit 1`);
    const remove = connection.prepare('delete from events where generation_id = ?');
    let cursor = '';
    for (let pruned = 0; pruned < PRUNE_AT_MOST;) {
      const row = next.get(cursor) as PrunableRow | undefined;
      // Ids are in the order of time: what follows is younger still.
      if (row === undefined || (row.created_at ?? 0) >= endedBefore) return pruned;
      cursor = row.generation_id;
      const isOrphan = row.created_at === null;
      if (isOrphan || (row.ended_at !== null && row.ended_at < endedBefore)) {
        remove.run(cursor);
        pruned += 1;
      }
    }
    return PRUNE_AT_MOST;
  }

  async close(): Promise<void> {
    this.#commit();
  }

  /** From the event at the cursor on, so that the tail knows where the log is even if nothing follows. */
  #load(generationId: string, after: number): EventTail {
    let rows = this.#selectFrom.all(generationId, after) as unknown as EventRow[];
    if (rows.length === 0) rows = this.#selectLast.all(generationId) as unknown as EventRow[];
    const [first] = rows;
    return new EventTail(generationId, first === undefined ? 0 : first.sequence - 1, rows);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const rest = this.#restUntil - performance.now();
    // setImmediate, not a microtask: whatever other models' sockets have ready joins this commit.
    if (rest <= 0) setImmediate(() => this.#commit());
    else setTimeout(() => this.#commit(), rest);
  }

  #commit(): void {
    this.#isScheduled = false;
    const batch = this.#queue;
    if (batch.length === 0) return;
    this.#queue = [];
    const writers = new Set<SqliteLogWriter>();
    for (const { writer } of batch) writers.add(writer);

    const startedAt = performance.now();
    try {
      this.#database.atomically(() => this.#insertAll(batch));
    } catch (cause) {
      for (const writer of writers) {
        this.#writers.delete(writer.tail.generationId);
        writer.fail(cause);
      }
      return;
    }
    const endedAt = performance.now();
    this.#restUntil = endedAt + Math.min(MAX_REST_MS, REST_FACTOR * (endedAt - startedAt));

    for (const { writer, event } of batch) writer.tail.commit(event);
    for (const writer of writers) {
      if (writer.tail.ended) this.#writers.delete(writer.tail.generationId);
      writer.committed();
    }
  }

  #insertAll(batch: readonly Queued[]): void {
    for (const { writer, sequence, event } of batch) {
      this.#insert.run(writer.tail.generationId, sequence, event.name, event.data);
    }
  }
}
