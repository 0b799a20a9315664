import type { StatementSync } from 'node:sqlite';
import type { LogRecord } from '../../../core/event-tail.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import type { FollowedTails } from '../followed-tails.ts';

const POLL_INTERVAL_MS = 50;

/** A table with the records of many logs in the order of their commits, at the positions 1, 2, 3… Old rows are deleted now and then. */
export interface PolledTable {
  name: string;
  /** The column with the log's id. */
  logId: string;
  hasPrivateData: boolean;
}

type RecordRow = [
  logId: string,
  sequence: number,
  name: LogRecord['name'],
  data: string,
  privateData: string | null,
];

/**
 * Finds the records that other processes commit to a SQLite file, and delivers them to followed tails. Readers of a log that this process
 * writes don't need it. It polls only while a log is followed.
 */
export class SqlitePoller {
  readonly #database: SqliteDatabase;
  readonly #logger: Logger;
  readonly #selectLast: StatementSync;
  readonly #selectRecords: StatementSync;
  readonly #countRows: StatementSync;
  #tails!: FollowedTails;
  /** Everything up to this position has been delivered. */
  #position = 0;
  #timer: NodeJS.Timeout | null = null;
  #isPolling = false;

  constructor(database: SqliteDatabase, { name, logId, hasPrivateData }: PolledTable, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
    const prepareArrays = (sql: string) => {
      const statement = database.connection.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#selectLast = prepareArrays(`select seq from sqlite_sequence where name = '${name}'`);
    this.#selectRecords = prepareArrays(`
      select ${logId}, sequence, name, data, ${hasPrivateData ? 'private' : 'null'} from ${name}
      where position > ?1 and position <= ?2 and ${logId} in (select value from json_each(?3)) order by position`);
    this.#countRows = prepareArrays(`select count(*) from ${name} where position > ? and position <= ?`);
  }

  connect(tails: FollowedTails): void {
    this.#tails = tails;
  }

  /** @returns whether it wasn't polling: what was committed before now isn't delivered then */
  start(): boolean {
    if (this.#timer !== null) return false;
    this.#position = this.#lastPosition();
    this.#timer = setInterval(() => void this.#poll(), POLL_INTERVAL_MS);
    return true;
  }

  stopIfUnused(): void {
    if (this.#timer === null || this.#tails.logIds.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Never rejects. */
  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      await this.#deliverNew(this.#tails.logIds);
    } catch (error) {
      // Storage is in trouble; readers wait meanwhile. A database that was closed has no readers.
      if (this.#timer !== null) this.#logger.warn({ err: error }, 'failed to tail remote events; retrying');
    } finally {
      this.#isPolling = false;
    }
  }

  async #deliverNew(logIds: readonly string[]): Promise<void> {
    const from = this.#position;
    const to = this.#lastPosition();
    if (to === from) return;
    const rows = this.#selectRecords.all(from, to, JSON.stringify(logIds)) as unknown as RecordRow[];
    // Counted afterwards: a row that was deleted before the select is missing here too.
    const [count] = this.#countRows.get(from, to) as unknown as [number];
    await this.#database.durableEverywhere();
    this.#position = to;
    for (const { logId, firstSequence, records } of runsOf(rows)) {
      this.#tails.deliver(logId, firstSequence, records);
    }
    if (count < to - from) this.#tails.reloadAll();
  }

  #lastPosition(): number {
    const row = this.#selectLast.get() as unknown as [number] | undefined;
    return row?.[0] ?? 0;
  }
}

interface Run {
  logId: string;
  firstSequence: number;
  records: LogRecord[];
}

/** Joins the consecutive records of each log. A new writer may repeat numbers of the old one. */
function runsOf(rows: readonly RecordRow[]): Run[] {
  const runs: Run[] = [];
  const current = new Map<string, Run>();
  for (const [logId, sequence, name, data, privateData] of rows) {
    let run = current.get(logId);
    if (run === undefined || sequence !== run.firstSequence + run.records.length) {
      run = { logId, firstSequence: sequence, records: [] };
      current.set(logId, run);
      runs.push(run);
    }
    run.records.push(privateData === null ? { name, data } : { name, data, private: privateData });
  }
  return runs;
}
