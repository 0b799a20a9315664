import { isTerminalRecord } from '../../../core/event-tail.ts';
import type { LogRecord } from '../../../core/event-tail.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import type { EventJournal } from './event-journal.ts';

export interface JournalLimits {
  /** The journal may grow to this many rows before the oldest become segments. */
  maxRows: number;
  /** The newest rows stay in the journal, for pollers in other processes. */
  retainedRows: number;
  delayMs: number;
}

/**
 * Loading a running reply of another process scans all rows, which takes 2 ms. Fewer rows make shorter segments: with
 * 300 running replies these have 27 records. 4096 rows are four polls at 20,000 records a second.
 */
const DEFAULT_LIMITS: JournalLimits = { maxRows: 8192, retainedRows: 4096, delayMs: 100 };
/** The work of one turn of the event loop: 2 ms. */
const MAX_SEGMENTS_PER_TURN = 64;
const MAX_ROWS_PER_TURN = 2048;
const RETRY_INTERVAL_MS = 1000;

interface UncompactedLog {
  firstSequence: number;
  /** The position of this process's oldest row. */
  firstPosition: number;
  records: LogRecord[];
}

/** Turns rows of the journal into segments: the rows of ended replies, and the oldest ones. */
export class JournalCompactor {
  readonly #database: SqliteDatabase;
  readonly #journal: EventJournal;
  readonly #logger: Logger;
  readonly #limits: JournalLimits;
  /** By generation, in the order of their oldest rows. */
  readonly #uncompacted = new Map<string, UncompactedLog>();
  /** Rows of earlier writers of a generation. */
  readonly #adopted = new Map<string, UncompactedLog>();
  readonly #ended = new Set<string>();
  #lastPosition = 0;
  #trimmedTo: number | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    database: SqliteDatabase,
    journal: EventJournal,
    logger: Logger,
    limits: JournalLimits = DEFAULT_LIMITS,
  ) {
    this.#limits = limits;
    this.#database = database;
    this.#journal = journal;
    this.#logger = logger;
  }

  /** Takes over the records that earlier writers of a generation left in the journal. */
  adopt(generationId: string, firstSequence: number, records: LogRecord[]): void {
    const log = this.#uncompacted.get(generationId);
    // This process too may have left rows that `note` was never called with: when the disk failed.
    if (log !== undefined) Object.assign(log, { firstSequence, records });
    else if (records.length > 0) {
      this.#adopted.set(generationId, { firstSequence, firstPosition: 0, records });
    }
  }

  /** Notes a durable row of this process. */
  note(generationId: string, sequence: number, position: number, record: LogRecord): void {
    this.#trimmedTo ??= position - 1;
    this.#lastPosition = position;
    let log = this.#uncompacted.get(generationId);
    if (log === undefined) {
      log = this.#adopted.get(generationId) ?? { firstSequence: sequence, firstPosition: 0, records: [] };
      log.firstPosition = position;
      this.#adopted.delete(generationId);
      this.#uncompacted.set(generationId, log);
    }
    log.records.push(record);
    if (isTerminalRecord(record)) this.#ended.add(generationId);
    if (this.#isDue) this.#schedule(this.#limits.delayMs);
  }

  /** Compacts all ended logs. @throws StorageError */
  compactEnded(): void {
    while (this.#ended.size > 0) this.#compact();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  get #isDue(): boolean {
    return this.#ended.size > 0 || this.#lastPosition - (this.#trimmedTo ?? 0) > this.#limits.maxRows;
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      try {
        this.#compact();
        if (this.#isDue) this.#schedule(1);
      } catch (error) {
        this.#logger.warn({ err: error }, 'failed to compact the event journal; retrying');
        this.#schedule(RETRY_INTERVAL_MS);
      }
    }, delayMs).unref();
  }

  #compact(): void {
    const due = this.#selectDue();
    const trimTo = this.#trimPosition(due);
    this.#database.atomically(() => {
      for (const generationId of due) {
        const log = this.#uncompacted.get(generationId);
        if (log !== undefined) this.#journal.writeSegment(generationId, log.firstSequence, log.records);
      }
      this.#journal.trim(trimTo);
    });
    for (const generationId of due) {
      this.#uncompacted.delete(generationId);
      this.#ended.delete(generationId);
    }
    this.#trimmedTo = trimTo;
  }

  #selectDue(): Set<string> {
    const due = new Set<string>();
    for (const generationId of this.#ended) {
      if (due.size === MAX_SEGMENTS_PER_TURN) return due;
      due.add(generationId);
    }
    const retainedFrom = this.#lastPosition - this.#limits.retainedRows;
    for (const [generationId, { firstPosition }] of this.#uncompacted) {
      if (due.size === MAX_SEGMENTS_PER_TURN || firstPosition > retainedFrom) return due;
      due.add(generationId);
    }
    return due;
  }

  /** The last position up to which segments will hold all rows. */
  #trimPosition(due: ReadonlySet<string>): number {
    let target = this.#lastPosition - this.#limits.retainedRows;
    for (const [generationId, { firstPosition }] of this.#uncompacted) {
      if (due.has(generationId)) continue;
      target = Math.min(target, firstPosition - 1);
      break;
    }
    const trimmedTo = this.#trimmedTo ?? 0;
    return Math.max(trimmedTo, Math.min(target, trimmedTo + MAX_ROWS_PER_TURN));
  }
}
