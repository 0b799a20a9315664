import { randomInt } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { isTerminalRecord } from '../../../core/event-tail.ts';
import type { LogRecord } from '../../../core/event-tail.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import { decodeSegment, encodeSegment, joinSegments } from '../event-segment.ts';
import type { LoadedRecords } from '../event-segment.ts';

/** Arrays take half the time of objects. A resume of 1 MB reads 14,000 rows (3.5 instead of 7.7 ms). */
type RecordRow = [name: LogRecord['name'], data: string, privateData: string | null];
type SegmentRow = [firstSequence: number, events: string];

/** Records of one log, and which of them segments hold. */
export interface JournalRecords extends LoadedRecords {
  /** The last sequence that a segment holds. */
  segmentedTo: number;
}

/**
 * The two tables that hold the records. A commit appends its rows to the journal, whatever their generations:
 * 1 µs a record, against 7 µs for a table ordered by generation, where each record writes to a page of its own. Older records are
 * segments, each with many records of one generation, and are found by generation.
 */
export class EventJournal {
  /** Identifies the rows of this process: each process deletes its own. */
  readonly #writer = randomInt(2 ** 47);
  readonly #insert: StatementSync;
  readonly #insertSegment: StatementSync;
  readonly #selectSegments: StatementSync;
  readonly #selectRecords: StatementSync;
  readonly #deleteTo: StatementSync;
  readonly #selectNode: StatementSync;
  readonly #selectComplete: StatementSync;

  constructor({ connection }: SqliteDatabase) {
    const prepareArrays = (sql: string) => {
      const statement = connection.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#insert = connection.prepare(
      'insert into event_journal (writer, generation_id, sequence, name, data, private) values (?, ?, ?, ?, ?, ?)',
    );
    // The new owner of a generation may compact the same records as the old one.
    this.#insertSegment = connection.prepare(
      'insert or ignore into event_segments (generation_id, first_sequence, last_sequence, events) values (?, ?, ?, ?)',
    );
    this.#selectSegments = prepareArrays(`
      select first_sequence, events from event_segments
      where generation_id = ?1 and last_sequence >= min(?2,
        (select max(last_sequence) from event_segments where generation_id = ?1))
      order by last_sequence`);
    this.#selectRecords = prepareArrays(
      'select name, data, private from event_journal where generation_id = ? and sequence > ? order by sequence',
    );
    this.#deleteTo = connection.prepare('delete from event_journal where position <= ? and writer = ?');
    this.#selectComplete = connection.prepare(
      'select 1 from generations where id = ? and last_sequence is not null',
    );
    this.#selectNode = connection.prepare('select 1 from nodes where id = ?');
  }

  hasLease(nodeId: string): boolean {
    return this.#selectNode.get(nodeId) !== undefined;
  }

  /** Whether the generation's terminal event has been written, even if it was pruned since. */
  isComplete(generationId: string): boolean {
    return this.#selectComplete.get(generationId) !== undefined;
  }

  /** @returns the position of the record among the records of all logs */
  append(generationId: string, sequence: number, { name, data, private: privateData }: LogRecord): number {
    return Number(
      this.#insert.run(this.#writer, generationId, sequence, name, data, privateData ?? null).lastInsertRowid,
    );
  }

  writeSegment(generationId: string, firstSequence: number, records: readonly LogRecord[]): void {
    const lastSequence = firstSequence + records.length - 1;
    this.#insertSegment.run(generationId, firstSequence, lastSequence, encodeSegment(records));
  }

  /** Deletes this process's rows up to a position. Segments must hold them. */
  trim(position: number): void {
    this.#deleteTo.run(position, this.#writer);
  }

  /** See RemoteEventSource.load. */
  load(generationId: string, after: number): JournalRecords {
    const segments = this.#selectSegments.all(generationId, after) as unknown as SegmentRow[];
    const joined = joinSegments(
      segments.map(([firstSequence, events]) => decodeSegment({ firstSequence, events })),
    );
    const { records } = joined;
    let { base } = joined;
    const segmentedTo = base + records.length;
    if (!isTerminalRecord(records.at(-1))) {
      for (const row of this.#rowsAfter(generationId, segmentedTo)) records.push(recordOf(row));
    }
    const unneeded = Math.max(0, Math.min(after - 1 - base, records.length - 1));
    if (unneeded > 0) {
      records.splice(0, unneeded);
      base += unneeded;
    }
    return { base, records, segmentedTo };
  }

  #rowsAfter(generationId: string, sequence: number): RecordRow[] {
    return this.#selectRecords.all(generationId, sequence) as unknown as RecordRow[];
  }
}

function recordOf([name, data, privateData]: RecordRow): LogRecord {
  return privateData === null ? { name, data } : { name, data, private: privateData };
}
