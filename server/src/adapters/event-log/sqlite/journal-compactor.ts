import type { LogRecord } from '../../../core/event-tail.ts';
import { isTerminalRecord } from '../log-record.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import type { EventJournal } from './event-journal.ts';

export interface JournalLimits {
  /** The rows there may be before the oldest become segments. */
  most: number;
  /** The rows that stay, for those who follow from another process. */
  kept: number;
  /** How long what has become due may wait (ms). */
  delay: number;
}

/**
 * To load a reply that another process writes, all rows are looked at: 2 ms. The fewer there are, the shorter the segments: at
 * 300 replies at once these have 27 events. 4096 rows are four looks of a follower at 20,000 events a second.
 */
const LIMITS: JournalLimits = { most: 8192, kept: 4096, delay: 100 };
/** How much is done in one turn of the event loop: 2 ms. */
const SEGMENTS_AT_ONCE = 64;
const ROWS_AT_ONCE = 2048;
const RETRY_INTERVAL = 1000;

interface Unsegmented {
  firstSequence: number;
  /** Of its oldest row of ours. */
  firstPosition: number;
  events: LogRecord[];
}

/** Turns the journal's rows into segments: those of replies that have ended, and the oldest ones. */
export class JournalCompactor {
  readonly #database: SqliteDatabase;
  readonly #journal: EventJournal;
  readonly #logger: Logger;
  readonly #limits: JournalLimits;
  /** By generation, that with the oldest row first. */
  readonly #unsegmented = new Map<string, Unsegmented>();
  /** What earlier writers of a generation left in the journal. */
  readonly #adopted = new Map<string, Unsegmented>();
  readonly #ended = new Set<string>();
  #lastPosition = 0;
  #trimmedTo: number | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(database: SqliteDatabase, journal: EventJournal, logger: Logger, limits = LIMITS) {
    this.#limits = limits;
    this.#database = database;
    this.#journal = journal;
    this.#logger = logger;
  }

  /** Takes over what earlier writers of a generation left without a segment. */
  adopt(generationId: string, firstSequence: number, events: LogRecord[]): void {
    const open = this.#unsegmented.get(generationId);
    // Ours too may have left rows it never heard of again: when the disk failed.
    if (open !== undefined) Object.assign(open, { firstSequence, events });
    else if (events.length > 0) this.#adopted.set(generationId, { firstSequence, firstPosition: 0, events });
  }

  /** Takes note of a row that has been committed. */
  note(generationId: string, sequence: number, position: number, event: LogRecord): void {
    this.#trimmedTo ??= position - 1;
    this.#lastPosition = position;
    let open = this.#unsegmented.get(generationId);
    if (open === undefined) {
      open = this.#adopted.get(generationId) ?? { firstSequence: sequence, firstPosition: 0, events: [] };
      open.firstPosition = position;
      this.#adopted.delete(generationId);
      this.#unsegmented.set(generationId, open);
    }
    open.events.push(event);
    if (isTerminalRecord(event)) this.#ended.add(generationId);
    if (this.#isDue) this.#schedule(this.#limits.delay);
  }

  /** Makes segments of all that has ended. @throws StorageError */
  compactEnded(): void {
    while (this.#ended.size > 0) this.#compact();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  get #isDue(): boolean {
    return this.#ended.size > 0 || this.#lastPosition - (this.#trimmedTo ?? 0) > this.#limits.most;
  }

  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      try {
        this.#compact();
        if (this.#isDue) this.#schedule(1);
      } catch (error) {
        this.#logger.warn({ err: error }, 'the event journal could not be compacted; it is tried again');
        this.#schedule(RETRY_INTERVAL);
      }
    }, delay).unref();
  }

  #compact(): void {
    const due = this.#takeDue();
    const trimTo = this.#trimTarget(due);
    this.#database.atomically(() => {
      for (const generationId of due) {
        const open = this.#unsegmented.get(generationId);
        if (open !== undefined) this.#journal.writeSegment(generationId, open.firstSequence, open.events);
      }
      this.#journal.trim(trimTo);
    });
    for (const generationId of due) {
      this.#unsegmented.delete(generationId);
      this.#ended.delete(generationId);
    }
    this.#trimmedTo = trimTo;
  }

  #takeDue(): Set<string> {
    const due = new Set<string>();
    for (const generationId of this.#ended) {
      if (due.size === SEGMENTS_AT_ONCE) return due;
      due.add(generationId);
    }
    for (const [generationId, { firstPosition }] of this.#unsegmented) {
      if (due.size === SEGMENTS_AT_ONCE || firstPosition > this.#lastPosition - this.#limits.kept) return due;
      due.add(generationId);
    }
    return due;
  }

  /** The last position before which segments will hold everything. */
  #trimTarget(due: ReadonlySet<string>): number {
    let target = this.#lastPosition - this.#limits.kept;
    for (const [generationId, { firstPosition }] of this.#unsegmented) {
      if (due.has(generationId)) continue;
      target = Math.min(target, firstPosition - 1);
      break;
    }
    const trimmedTo = this.#trimmedTo ?? 0;
    return Math.max(trimmedTo, Math.min(target, trimmedTo + ROWS_AT_ONCE));
  }
}
