import { EventTail } from '../../core/event-tail.ts';
import type { LogRecord } from '../../core/event-tail.ts';
import type { Logger } from '../../ports/logger.ts';
import type { LoadedRecords } from './event-segment.ts';

const SWEEP_INTERVAL_MS = 1000;
/** A tail without listeners is dropped after this many sweeps: a reader subscribes a moment after it opened the tail. */
const MAX_IDLE_SWEEPS = 2;
/** A log without news is loaded again after this many sweeps: a notification may have been lost without anyone noticing. */
const MAX_QUIET_SWEEPS = 5;
const RETRY_INTERVAL_MS = 200;

/** Where logs are stored that other processes write, and how this process learns of new records. */
export interface RemoteEventSource {
  /**
   * Calls `deliver` or `announce` of the tails for this log from now on, and `reloadAll` when a call may have been missed.
   * @returns whether records may have been missed since the log was opened, because the subscription is new
   */
  subscribe(logId: string): Promise<boolean>;
  unsubscribe(logId: string): void;
  /**
   * For each log its records from `after` on, including the one at `after`: so the end of the log is known even if nothing
   * follows. At least the last record. Logs without records may be missing.
   */
  load(cursors: readonly Cursor[]): Promise<ReadonlyMap<string, LoadedRecords>>;
  /** The logs among these that are complete: no more records will ever be added. */
  findComplete(logIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface Cursor {
  logId: string;
  after: number;
}

interface FollowedLog {
  readonly tails: Map<EventTail, { idleSweeps: number }>;
  /** The last sequence that was delivered or announced. */
  announced: number;
  quietSweeps: number;
  /** `open` calls under way; each of them counts as a follower. */
  opening: number;
}

/** Keeps tails up to date that another process writes, or that this process wrote and another one took over. */
export class FollowedTails {
  readonly #source: RemoteEventSource;
  readonly #logger: Logger;
  readonly #logs = new Map<string, FollowedLog>();
  /** By log and cursor, so that simultaneous readers load once. */
  readonly #opening = new Map<string, Promise<EventTail>>();
  readonly #stale = new Set<string>();
  #isReloading = false;
  #isClosed = false;
  #retryTimer: NodeJS.Timeout | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;

  constructor(source: RemoteEventSource, logger: Logger) {
    this.#source = source;
    this.#logger = logger;
  }

  /** The logs that are followed or about to be. */
  get logIds(): string[] {
    return [...this.#logs.keys()];
  }

  /** The events of a log after a sequence, and new ones as they come. @param reaching see EventLog.open; @throws StorageError */
  open(logId: string, after: number, reaching = after): Promise<EventTail> {
    const known = this.#find(logId, after, reaching);
    if (known !== undefined) return Promise.resolve(known);
    const key = `${logId}:${after}:${reaching}`;
    let opening = this.#opening.get(key);
    if (opening === undefined) {
      opening = this.#open(logId, after).finally(() => this.#opening.delete(key));
      this.#opening.set(key, opening);
    }
    return opening;
  }

  /** Continues a tail that was written here until now. */
  async follow(tail: EventTail): Promise<void> {
    const log = this.#hold(tail.logId);
    log.tails.set(tail, { idleSweeps: 0 });
    try {
      await this.#source.subscribe(tail.logId);
    } catch (error) {
      this.#logger.warn({ err: error }, 'failed to subscribe to a log; loading it at intervals');
    } finally {
      log.opening -= 1;
    }
    this.#reload(tail.logId);
  }

  /** Accepts records of a log, the first of which has this sequence. */
  deliver(logId: string, firstSequence: number, records: readonly LogRecord[]): void {
    const log = this.#logs.get(logId);
    if (log === undefined) return;
    const last = firstSequence + records.length - 1;
    this.#note(log, last);
    for (const tail of log.tails.keys()) {
      if (tail.last >= last || tail.hasEnded) continue;
      if (tail.last + 1 < firstSequence) this.#reload(logId);
      else append(tail, firstSequence - 1, records);
    }
  }

  /** Notes that a log has reached a sequence, and loads what is missing. */
  announce(logId: string, last: number): void {
    const log = this.#logs.get(logId);
    if (log === undefined) return;
    this.#note(log, last);
    if (isBehind(log)) this.#reload(logId);
  }

  /** Loads all logs: records of any of them may have been missed. */
  reloadAll(): void {
    for (const logId of this.#logs.keys()) this.#reload(logId);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    if (this.#sweepTimer !== null) clearInterval(this.#sweepTimer);
    const logIds = [...this.#logs.keys()];
    this.#logs.clear();
    this.#stale.clear();
    for (const logId of logIds) this.#source.unsubscribe(logId);
  }

  /**
   * A followed tail that holds the events after a sequence and has reached `reaching`: many readers share one. Never an empty
   * one: it may be behind, and would look as if there were no log.
   */
  #find(logId: string, after: number, reaching: number): EventTail | undefined {
    for (const tail of this.#logs.get(logId)?.tails.keys() ?? []) {
      if (tail.base <= after && reaching <= tail.last && tail.last > 0 && !tail.isLost && !tail.hasEnded)
        return tail;
    }
    return undefined;
  }

  async #open(logId: string, after: number): Promise<EventTail> {
    const log = this.#hold(logId);
    try {
      const { base, records } = await this.#load(logId, after);
      const tail = new EventTail(logId, base, records);
      // Nothing is published about a log that has ended.
      if (tail.hasEnded) return tail;
      if (await this.#source.subscribe(logId)) appendLoaded(tail, await this.#load(logId, tail.last));
      if (tail.hasEnded || this.#isClosed) return tail;
      log.tails.set(tail, { idleSweeps: 0 });
      if (log.announced > tail.last) this.#reload(logId);
      return tail;
    } finally {
      log.opening -= 1;
      this.#dropUnfollowed(logId, log);
    }
  }

  async #load(logId: string, after: number): Promise<LoadedRecords> {
    const loaded = await this.#source.load([{ logId, after }]);
    return loaded.get(logId) ?? { base: 0, records: [] };
  }

  /** Notes news of a log until `opening` is decremented. */
  #hold(logId: string): FollowedLog {
    let log = this.#logs.get(logId);
    if (log === undefined) {
      log = { tails: new Map(), announced: 0, quietSweeps: 0, opening: 0 };
      this.#logs.set(logId, log);
    }
    log.opening += 1;
    this.#sweepTimer ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
    return log;
  }

  #note(log: FollowedLog, last: number): void {
    log.announced = Math.max(log.announced, last);
    log.quietSweeps = 0;
  }

  #reload(logId: string): void {
    this.#stale.add(logId);
    if (!this.#isReloading && this.#retryTimer === null) void this.#reloadStale();
  }

  /** Loads all stale logs at once; logs that become stale meanwhile are loaded next. Never rejects. */
  async #reloadStale(): Promise<void> {
    this.#isReloading = true;
    try {
      while (this.#stale.size > 0 && !this.#isClosed) await this.#reloadThese([...this.#stale]);
    } catch (error) {
      // Readers wait meanwhile.
      this.#logger.warn({ err: error }, 'failed to tail remote events; retrying');
      this.#retryTimer = setTimeout(() => {
        this.#retryTimer = null;
        void this.#reloadStale();
      }, RETRY_INTERVAL_MS).unref();
    } finally {
      this.#isReloading = false;
    }
  }

  async #reloadThese(logIds: readonly string[]): Promise<void> {
    const cursors: Cursor[] = [];
    for (const logId of logIds) {
      const tails = [...(this.#logs.get(logId)?.tails.keys() ?? [])];
      if (tails.length > 0) cursors.push({ logId, after: Math.min(...tails.map(({ last }) => last)) });
    }
    // News from here on makes a log stale again.
    this.#stale.clear();
    if (cursors.length === 0) return;
    try {
      const loaded = await this.#source.load(cursors);
      const unchanged = cursors.filter(({ logId }) => !this.#update(logId, loaded.get(logId)));
      if (unchanged.length > 0) await this.#markLostIfComplete(unchanged);
    } catch (error) {
      for (const { logId } of cursors) this.#stale.add(logId);
      throw error;
    }
  }

  /** @returns whether a tail of this log has changed */
  #update(logId: string, loaded: LoadedRecords | undefined): boolean {
    let hasChanged = false;
    for (const tail of this.#logs.get(logId)?.tails.keys() ?? []) {
      if (loaded === undefined || tail.isLost) continue;
      if (loaded.records.length > 0 && loaded.base > tail.last) markLost(tail);
      else if (!appendLoaded(tail, loaded)) continue;
      hasChanged = true;
    }
    return hasChanged;
  }

  /** A complete log whose terminal event isn't in storage any more was pruned: its tails are lost. */
  async #markLostIfComplete(unchanged: readonly Cursor[]): Promise<void> {
    const complete = await this.#source.findComplete(unchanged.map(({ logId }) => logId));
    // The log may have been completed between the load and this check.
    const loaded = await this.#source.load(unchanged.filter(({ logId }) => complete.has(logId)));
    for (const logId of complete) {
      this.#update(logId, loaded.get(logId));
      for (const tail of this.#logs.get(logId)?.tails.keys() ?? []) if (!tail.hasEnded) markLost(tail);
    }
  }

  #sweep(): void {
    for (const [logId, log] of this.#logs) {
      for (const [tail, state] of log.tails) {
        state.idleSweeps = tail.listenerCount === 0 ? state.idleSweeps + 1 : 0;
        if (tail.hasEnded || tail.isLost || state.idleSweeps >= MAX_IDLE_SWEEPS) log.tails.delete(tail);
      }
      log.quietSweeps += 1;
      if (log.quietSweeps >= MAX_QUIET_SWEEPS) log.quietSweeps = 0;
      if (log.tails.size > 0 && (log.quietSweeps === 0 || isBehind(log))) this.#reload(logId);
      this.#dropUnfollowed(logId, log);
    }
    if (this.#logs.size > 0 || this.#sweepTimer === null) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = null;
  }

  #dropUnfollowed(logId: string, log: FollowedLog): void {
    if (log.tails.size > 0 || log.opening > 0 || !this.#logs.delete(logId)) return;
    this.#source.unsubscribe(logId);
  }
}

function isBehind({ tails, announced }: FollowedLog): boolean {
  for (const tail of tails.keys()) if (tail.last < announced && !tail.hasEnded && !tail.isLost) return true;
  return false;
}

/** @returns whether there were new records */
function appendLoaded(tail: EventTail, { base, records }: LoadedRecords): boolean {
  if (records.length === 0 || base > tail.last || base + records.length <= tail.last) return false;
  append(tail, base, records);
  return true;
}

/** @param base the sequence before the first record */
function append(tail: EventTail, base: number, records: readonly LogRecord[]): void {
  for (let index = tail.last - base; index < records.length; index += 1) {
    tail.commit(records[index] as LogRecord);
  }
  tail.wake();
}

function markLost(tail: EventTail): void {
  tail.markLost();
  tail.wake();
}
