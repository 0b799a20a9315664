import { LeaseLostError } from '../../../core/errors.ts';
import { EventTail } from '../../../core/event-tail.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import type { LoadedRecords } from '../event-segment.ts';
import type { Cursor, FollowedTails } from '../followed-tails.ts';
import type { QueuedRecord, Refusals } from '../group-commit.ts';
import type { QueuedLogWriter } from '../queued-log-writer.ts';
import type { EventBackend } from '../stored-event-log.ts';
import { EventJournal } from './event-journal.ts';
import { JournalCompactor } from './journal-compactor.ts';
import type { JournalLimits } from './journal-compactor.ts';
import { pruneEvents } from './prune-events.ts';
import { SqlitePoller } from './sqlite-poller.ts';

/** How long a commit is retried that SQLite refuses. */
const RETRY_WINDOW_MS = 2000;

/** Records are rows of a journal until they are compacted into segments. Other processes' records are found by polling. */
export class SqliteEventBackend implements EventBackend {
  readonly retryWindowMs = RETRY_WINDOW_MS;
  readonly #database: SqliteDatabase;
  readonly #journal: EventJournal;
  readonly #compactor: JournalCompactor;
  readonly #poller: SqlitePoller;

  constructor(database: SqliteDatabase, logger: Logger, limits?: JournalLimits) {
    this.#database = database;
    this.#journal = new EventJournal(database);
    this.#compactor = new JournalCompactor(database, this.#journal, logger, limits);
    const table = { name: 'event_journal', logId: 'generation_id', hasPrivateData: true };
    this.#poller = new SqlitePoller(database, table, logger);
  }

  connect(tails: FollowedTails): void {
    this.#poller.connect(tails);
  }

  async claim(generationId: string, _nodeId: string, isNew: boolean): Promise<EventTail> {
    if (isNew) return new EventTail(generationId, 0, []);
    const { base, records, segmentedTo } = this.#journal.load(generationId, 0);
    const tail = new EventTail(generationId, base, [...records]);
    if (!tail.hasEnded) {
      this.#compactor.adopt(generationId, segmentedTo + 1, records.slice(segmentedTo - base));
    }
    if (records.length > 0) await this.#database.durableEverywhere();
    return tail;
  }

  release(): void {
    // SQLite doesn't record who writes a log; each commit checks the lease.
  }

  write(batch: readonly QueuedRecord[]): Refusals {
    return this.#database.atomically(() => this.#insert(batch));
  }

  makeDurable(): Promise<void> {
    return this.#database.durable();
  }

  onDurable(batch: readonly QueuedRecord[]): void {
    for (const { writer, sequence, position, record } of batch) {
      this.#compactor.note(writer.tail.logId, sequence, position, record);
    }
  }

  async subscribe(): Promise<boolean> {
    return this.#poller.start();
  }

  unsubscribe(): void {
    this.#poller.stopIfUnused();
  }

  async load(cursors: readonly Cursor[]): Promise<Map<string, LoadedRecords>> {
    const loaded = new Map<string, LoadedRecords>();
    for (const { logId, after } of cursors) loaded.set(logId, this.#journal.load(logId, after));
    // Another process may have committed some of it just now.
    await this.#database.durableEverywhere();
    return loaded;
  }

  async findComplete(generationIds: readonly string[]): Promise<Set<string>> {
    return new Set(generationIds.filter((id) => this.#journal.isComplete(id)));
  }

  async prune(endedBefore: number): Promise<number> {
    this.#compactor.compactEnded();
    return pruneEvents(this.#database, this.#journal, endedBefore);
  }

  async close(): Promise<void> {
    this.#compactor.close();
  }

  #insert(batch: readonly QueuedRecord[]): Refusals {
    const hasLease = new Map<string, boolean>();
    const refused = new Map<QueuedLogWriter, LeaseLostError>();
    for (const queued of batch) {
      const { writer, sequence, record } = queued;
      const { nodeId } = writer;
      let mayWrite = hasLease.get(nodeId);
      if (mayWrite === undefined) {
        mayWrite = this.#journal.hasLease(nodeId);
        hasLease.set(nodeId, mayWrite);
      }
      if (mayWrite) queued.position = this.#journal.append(writer.tail.logId, sequence, record);
      else refused.set(writer, new LeaseLostError(`The lease of node ${nodeId} has expired.`));
    }
    return refused;
  }
}
