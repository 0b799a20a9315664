import { EventTail } from '../../core/event-tail.ts';
import type { LogRecord } from '../../core/event-tail.ts';
import type { Logger } from '../../ports/logger.ts';
import type { LoadedEvents } from './event-segment.ts';

/** How often the tails are looked over (ms). */
const SWEEP = 1000;
/** A tail that nobody has listened to for so many sweeps is followed no more; a reader comes a moment after it was opened. */
const IDLE_SWEEPS = 2;
/** One that has heard nothing for so many is looked up: what told of it may have been lost on the way, and no word of that. */
const QUIET_SWEEPS = 5;
/** What could not be loaded is tried again after so long (ms). */
const RETRY_INTERVAL = 200;

/** Where the logs are that others write, and who tells of them. */
export interface TailSource {
  /**
   * Has `deliver` or `announce` called for a log from now on, and `reloadAll` when some of that may have been missed.
   * @returns whether it wasn't so before
   */
  subscribe(logId: string): Promise<boolean>;
  unsubscribe(logId: string): void;
  /**
   * For each log its events from the one at `after` on, so that it is known where the log is even if nothing follows; at least
   * the last event. A log without events may be left out.
   */
  load(wanted: readonly Cursor[]): Promise<ReadonlyMap<string, LoadedEvents>>;
  /** Which of these logs have ended, and will get no more events whatever happens. */
  closed(logIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface Cursor {
  logId: string;
  after: number;
}

interface Followed {
  readonly tails: Map<EventTail, { idleSweeps: number }>;
  /** The last sequence that was told of. */
  heard: number;
  quietSweeps: number;
  /** Openings under way: these count as somebody who follows. */
  opening: number;
}

/** Keeps tails up to date whose events another process writes, or whoever ends what we could not, as these are told of. */
export class FollowedTails {
  readonly #source: TailSource;
  readonly #logger: Logger;
  readonly #logs = new Map<string, Followed>();
  /** By log and cursor, so that many who come at once load once. */
  readonly #opening = new Map<string, Promise<EventTail>>();
  readonly #stale = new Set<string>();
  #isReloading = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | null = null;
  #sweeping: NodeJS.Timeout | null = null;

  constructor(source: TailSource, logger: Logger) {
    this.#source = source;
    this.#logger = logger;
  }

  /** The events of a log after a sequence, and what comes. @param reaching see EventLog.open; @throws StorageError */
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

  /** Goes on with a tail that was written here, and by now may be elsewhere. */
  async adopt(tail: EventTail): Promise<void> {
    const log = this.#hold(tail.logId);
    log.tails.set(tail, { idleSweeps: 0 });
    try {
      await this.#source.subscribe(tail.logId);
    } catch (error) {
      this.#logger.warn({ err: error }, 'a log could not be followed yet; it is looked up now and then');
    } finally {
      log.opening -= 1;
    }
    this.#reload(tail.logId);
  }

  /** Takes events of a log, the first of which has this number. */
  deliver(logId: string, firstSequence: number, events: readonly LogRecord[]): void {
    const log = this.#logs.get(logId);
    if (log === undefined) return;
    const last = firstSequence + events.length - 1;
    this.#note(log, last);
    for (const tail of log.tails.keys()) {
      if (tail.last >= last || tail.hasEnded) continue;
      if (tail.last + 1 < firstSequence) this.#reload(logId);
      else feed(tail, firstSequence - 1, events);
    }
  }

  /** Takes note that a log has come to a number. */
  announce(logId: string, last: number): void {
    const log = this.#logs.get(logId);
    if (log === undefined) return;
    this.#note(log, last);
    if (isBehind(log)) this.#reload(logId);
  }

  /** Something may have been missed of any log. */
  reloadAll(): void {
    for (const logId of this.#logs.keys()) this.#reload(logId);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#sweeping !== null) clearInterval(this.#sweeping);
    for (const logId of this.#logs.keys()) this.#source.unsubscribe(logId);
    this.#logs.clear();
    this.#stale.clear();
  }

  /**
   * A tail that is followed already, holds what comes after a sequence, and has come as far as `reaching`: many readers need but
   * one. Never an empty one: it may be behind, and look as if there were no log.
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
      const { base, events } = await this.#load(logId, after);
      const tail = new EventTail(logId, base, events);
      // What has ended is told of no more.
      if (tail.hasEnded) return tail;
      if (await this.#source.subscribe(logId)) feedLoaded(tail, await this.#load(logId, tail.last));
      if (tail.hasEnded || this.#isClosed) return tail;
      log.tails.set(tail, { idleSweeps: 0 });
      if (log.heard > tail.last) this.#reload(logId);
      return tail;
    } finally {
      log.opening -= 1;
      this.#forgetUnfollowed(logId, log);
    }
  }

  async #load(logId: string, after: number): Promise<LoadedEvents> {
    const loaded = await this.#source.load([{ logId, after }]);
    return loaded.get(logId) ?? { base: 0, events: [] };
  }

  /** Keeps what is told of a log until `opening` is counted down. */
  #hold(logId: string): Followed {
    let log = this.#logs.get(logId);
    if (log === undefined) {
      log = { tails: new Map(), heard: 0, quietSweeps: 0, opening: 0 };
      this.#logs.set(logId, log);
    }
    log.opening += 1;
    this.#sweeping ??= setInterval(() => this.#sweep(), SWEEP).unref();
    return log;
  }

  #note(log: Followed, last: number): void {
    log.heard = Math.max(log.heard, last);
    log.quietSweeps = 0;
  }

  #reload(logId: string): void {
    this.#stale.add(logId);
    if (!this.#isReloading && this.#retry === null) void this.#reloadStale();
  }

  /** One load at a time, for all that is stale: what gets stale meanwhile gathers. Never rejects. */
  async #reloadStale(): Promise<void> {
    this.#isReloading = true;
    try {
      while (this.#stale.size > 0 && !this.#isClosed) await this.#reloadThese([...this.#stale]);
    } catch (error) {
      // The readers wait, and are looked after again in a moment.
      this.#logger.warn({ err: error }, 'what others write could not be followed; it is tried again');
      this.#retry = setTimeout(() => {
        this.#retry = null;
        void this.#reloadStale();
      }, RETRY_INTERVAL).unref();
    } finally {
      this.#isReloading = false;
    }
  }

  async #reloadThese(logIds: readonly string[]): Promise<void> {
    const wanted: Cursor[] = [];
    for (const logId of logIds) {
      const tails = [...(this.#logs.get(logId)?.tails.keys() ?? [])];
      if (tails.length > 0) wanted.push({ logId, after: Math.min(...tails.map(({ last }) => last)) });
    }
    // What is told from here on counts for the next round.
    this.#stale.clear();
    if (wanted.length === 0) return;
    try {
      const loaded = await this.#source.load(wanted);
      const unmoved = wanted.filter(({ logId }) => !this.#feed(logId, loaded.get(logId)));
      if (unmoved.length > 0) await this.#loseClosed(unmoved);
    } catch (error) {
      for (const { logId } of wanted) this.#stale.add(logId);
      throw error;
    }
  }

  /** @returns whether there was something new */
  #feed(logId: string, loaded: LoadedEvents | undefined): boolean {
    let isNew = false;
    for (const tail of this.#logs.get(logId)?.tails.keys() ?? []) {
      if (loaded === undefined || tail.isLost) continue;
      if (loaded.events.length > 0 && loaded.base > tail.last) lose(tail);
      else if (!feedLoaded(tail, loaded)) continue;
      isNew = true;
    }
    return isNew;
  }

  /** Of a log that is closed and was read to its end, no more is to come. */
  async #loseClosed(unmoved: readonly Cursor[]): Promise<void> {
    const closed = await this.#source.closed(unmoved.map(({ logId }) => logId));
    const loaded = await this.#source.load(unmoved.filter(({ logId }) => closed.has(logId)));
    for (const logId of closed) {
      this.#feed(logId, loaded.get(logId));
      for (const tail of this.#logs.get(logId)?.tails.keys() ?? []) if (!tail.hasEnded) lose(tail);
    }
  }

  #sweep(): void {
    for (const [logId, log] of this.#logs) {
      for (const [tail, state] of log.tails) {
        state.idleSweeps = tail.listenerCount === 0 ? state.idleSweeps + 1 : 0;
        if (tail.hasEnded || tail.isLost || state.idleSweeps >= IDLE_SWEEPS) log.tails.delete(tail);
      }
      log.quietSweeps += 1;
      if (log.quietSweeps >= QUIET_SWEEPS) log.quietSweeps = 0;
      if (log.tails.size > 0 && (log.quietSweeps === 0 || isBehind(log))) this.#reload(logId);
      this.#forgetUnfollowed(logId, log);
    }
    if (this.#logs.size > 0 || this.#sweeping === null) return;
    clearInterval(this.#sweeping);
    this.#sweeping = null;
  }

  #forgetUnfollowed(logId: string, log: Followed): void {
    if (log.tails.size > 0 || log.opening > 0 || !this.#logs.delete(logId)) return;
    this.#source.unsubscribe(logId);
  }
}

function isBehind({ tails, heard }: Followed): boolean {
  for (const tail of tails.keys()) if (tail.last < heard && !tail.hasEnded && !tail.isLost) return true;
  return false;
}

/** @returns whether there was something new */
function feedLoaded(tail: EventTail, { base, events }: LoadedEvents): boolean {
  if (events.length === 0 || base > tail.last || base + events.length <= tail.last) return false;
  feed(tail, base, events);
  return true;
}

function feed(tail: EventTail, base: number, events: readonly LogRecord[]): void {
  for (let index = tail.last - base; index < events.length; index += 1) {
    tail.commit(events[index] as LogRecord);
  }
  tail.wake();
}

function lose(tail: EventTail): void {
  tail.markLost();
  tail.wake();
}
