import { EventTail } from '../../../core/event-tail.ts';
import type { EventLog, LogWriter } from '../../../ports/event-log.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import { EventJournal } from './event-journal.ts';
import type { JournalEvents } from './event-journal.ts';
import { GroupCommit } from '../group-commit.ts';
import { JournalCompactor } from './journal-compactor.ts';
import type { JournalLimits } from './journal-compactor.ts';
import { pruneEvents } from './prune-events.ts';
import { QueuedLogWriter } from '../queued-log-writer.ts';
import { SqliteEventStorage } from './sqlite-event-storage.ts';
import { TailFollowers } from './tail-followers.ts';

/** A commit that the file refuses is tried again for so long (ms). */
const PATIENCE = 2000;
const NOTHING: JournalEvents = { base: 0, events: [], segmented: 0 };

/** The event log in the SQLite file of the store, with group commit. */
export class SqliteEventLog implements EventLog {
  readonly #database: SqliteDatabase;
  readonly #journal: EventJournal;
  readonly #compactor: JournalCompactor;
  readonly #writers = new Map<string, QueuedLogWriter>();
  readonly #commits: GroupCommit;
  readonly #followers: TailFollowers;

  constructor(database: SqliteDatabase, logger: Logger, limits?: JournalLimits) {
    this.#database = database;
    const journal = new EventJournal(database);
    this.#journal = journal;
    this.#compactor = new JournalCompactor(database, journal, logger, limits);
    this.#commits = new GroupCommit(new SqliteEventStorage(database, journal, this.#compactor), {
      patience: PATIENCE,
      onDone: (writer) => this.#release(writer),
    });
    this.#followers = new TailFollowers(
      {
        last: () => journal.last(),
        since: (position) => journal.since(position),
        load: (generationId, after) => eventsAfter(journal, generationId, after),
        isGone: (generationId) => journal.isClosed(generationId),
        durable: () => database.durableEverywhere(),
      },
      logger,
    );
  }

  async writer(generationId: string, nodeId: string, { isNew } = { isNew: false }): Promise<LogWriter> {
    if (this.#writers.has(generationId)) throw new Error(`${generationId} has a writer already`);
    const { base, events, segmented } = isNew ? NOTHING : this.#journal.load(generationId, 0);
    const tail = new EventTail(generationId, base, [...events]);
    const writer = new QueuedLogWriter(
      tail,
      nodeId,
      (...queued) => this.#commits.enqueue(...queued),
      (released) => this.#release(released),
    );
    if (!tail.hasEnded) {
      this.#writers.set(generationId, writer);
      this.#compactor.adopt(generationId, segmented + 1, events.slice(segmented - base));
    }
    if (events.length > 0) await this.#database.durableEverywhere();
    return writer;
  }

  async open(generationId: string, after: number, reaching = after): Promise<EventTail> {
    const written = this.#writers.get(generationId)?.tail;
    // What is known elsewhere another process may have written, without our knowing yet.
    if (written !== undefined && reaching <= written.last) return written;
    const known = this.#followers.find(generationId, after, reaching);
    if (known !== undefined) return known;
    const { base, events } = this.#journal.load(generationId, after);
    const tail = new EventTail(generationId, base, events);
    if (!tail.hasEnded) this.#followers.add(tail);
    // Another process may have committed them just now.
    await this.#database.durableEverywhere();
    return tail;
  }

  async prune(endedBefore: number): Promise<number> {
    this.#compactor.compactEnded();
    return pruneEvents(this.#database, this.#journal, endedBefore);
  }

  async close(): Promise<void> {
    await this.#commits.idle();
    this.#compactor.close();
    this.#followers.close();
  }

  /** The writer has written its last. Those who still wait for an end are fed by whoever writes it. */
  #release(writer: QueuedLogWriter): void {
    const { tail } = writer;
    if (this.#writers.get(tail.logId) !== writer) return;
    this.#writers.delete(tail.logId);
    if (!tail.hasEnded) this.#followers.add(tail, { isStale: true });
  }
}

function eventsAfter(journal: EventJournal, generationId: string, after: number) {
  const { base, events } = journal.load(generationId, after);
  return events.slice(Math.max(0, after - base));
}
