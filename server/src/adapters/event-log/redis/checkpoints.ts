import type { Logger } from '../../../ports/logger.ts';
import { encodeSegment } from '../event-segment.ts';
import type { SegmentTable } from '../postgres/segment-table.ts';
import type { RedisStreams } from './redis-streams.ts';
import type { WrittenLog } from './written-log.ts';

/** Time between two checkpoints: this much may be lost when both Redis and the writing node die. */
const INTERVAL_MS = 1000;

/** Saves new records from Redis to PostgreSQL, all logs in one statement, and trims in Redis what was saved one checkpoint earlier. */
export class Checkpoints {
  readonly #table: SegmentTable;
  readonly #streams: RedisStreams;
  readonly #logger: Logger;
  readonly #logs = new Set<WrittenLog>();
  #timer: NodeJS.Timeout | null = null;
  #saving: Promise<void> = Promise.resolve();

  constructor(table: SegmentTable, streams: RedisStreams, logger: Logger) {
    this.#table = table;
    this.#streams = streams;
    this.#logger = logger;
  }

  add(log: WrittenLog): void {
    this.#logs.add(log);
    this.#timer ??= setTimeout(() => this.#start(), INTERVAL_MS).unref();
  }

  /** Stops saving a log: merging its segments saves all of it. */
  remove(log: WrittenLog): void {
    this.#logs.delete(log);
  }

  /** Stops saving a log that is to be deleted. Once this resolves, none of it will be saved any more. */
  async forget(generationId: string): Promise<void> {
    for (const log of this.#logs) if (log.generationId === generationId) this.#logs.delete(log);
    await this.#saving;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#saving;
    await this.#save();
  }

  #start(): void {
    this.#saving = this.#save().finally(() => {
      this.#timer = this.#logs.size > 0 ? setTimeout(() => this.#start(), INTERVAL_MS).unref() : null;
    });
  }

  /** Never rejects: what could not be saved is saved at the next checkpoint. */
  async #save(): Promise<void> {
    const unsaved: { log: WrittenLog; last: number }[] = [];
    for (const log of this.#logs) {
      const { last } = log.tail;
      if (last > log.savedTo) unsaved.push({ log, last });
      else if (log.state === 'released' || log.state === 'lost') this.#logs.delete(log);
    }
    if (unsaved.length === 0) return;
    try {
      const leaseHolders = await this.#table.insert(
        unsaved.map(({ log: { generationId, nodeId, savedTo, tail }, last }) => ({
          generationId,
          nodeId,
          firstSequence: savedTo + 1,
          lastSequence: last,
          events: encodeSegment(tail.records(savedTo).slice(0, last - savedTo)),
        })),
        null,
      );
      for (const { log, last } of unsaved) this.#onSaved(log, last, leaseHolders.has(log.nodeId));
    } catch (error) {
      this.#logger.warn({ err: error }, 'failed to save events from Redis to PostgreSQL; retrying');
      return;
    }
    await this.#trim(unsaved.map(({ log }) => log).filter(({ state }) => state !== 'lost'));
  }

  #onSaved(log: WrittenLog, last: number, hasLease: boolean): void {
    const isReleased = log.state === 'released';
    if (hasLease) {
      log.trimmedTo = log.savedTo;
      log.savedTo = last;
    } else {
      log.lose();
    }
    if (isReleased || !hasLease) this.#logs.delete(log);
  }

  /** Records of the last checkpoint stay in Redis: most readers that load a gap find it there. */
  async #trim(logs: readonly WrittenLog[]): Promise<void> {
    try {
      await this.#streams.trim(
        logs.map(({ generationId, trimmedTo }) => ({ generationId, before: trimmedTo + 1 })),
      );
    } catch (error) {
      this.#logger.debug(
        { err: error },
        'failed to trim saved events in Redis; the next checkpoint trims them',
      );
    }
  }
}
