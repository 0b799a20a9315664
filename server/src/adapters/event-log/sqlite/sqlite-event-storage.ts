import { LeaseLostError } from '../../../core/errors.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import type { EventJournal } from './event-journal.ts';
import type { EventStorage, QueuedEvent, Refusals } from '../group-commit.ts';
import type { JournalCompactor } from './journal-compactor.ts';
import type { QueuedLogWriter } from '../queued-log-writer.ts';

/** Commits events to the journal in one transaction, and then waits for the disk. */
export class SqliteEventStorage implements EventStorage {
  readonly #database: SqliteDatabase;
  readonly #journal: EventJournal;
  readonly #compactor: JournalCompactor;

  constructor(database: SqliteDatabase, journal: EventJournal, compactor: JournalCompactor) {
    this.#database = database;
    this.#journal = journal;
    this.#compactor = compactor;
  }

  write(batch: readonly QueuedEvent[]): Refusals {
    return this.#database.atomically(() => this.#insert(batch));
  }

  secure(): Promise<void> {
    return this.#database.durable();
  }

  note(batch: readonly QueuedEvent[]): void {
    for (const { writer, sequence, position, event } of batch) {
      this.#compactor.note(writer.tail.logId, sequence, position, event);
    }
  }

  #insert(batch: readonly QueuedEvent[]): Refusals {
    const listed = new Map<string, boolean>();
    const refused = new Map<QueuedLogWriter, LeaseLostError>();
    for (const queued of batch) {
      const { writer, sequence, event } = queued;
      const { nodeId } = writer;
      let isListed = listed.get(nodeId);
      if (isListed === undefined) {
        isListed = this.#journal.isListed(nodeId);
        listed.set(nodeId, isListed);
      }
      if (isListed) queued.position = this.#journal.append(writer.tail.logId, sequence, event);
      else refused.set(writer, new LeaseLostError(`Node ${nodeId} was struck off`));
    }
    return refused;
  }
}
