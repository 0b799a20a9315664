import type { Logger } from '../../../ports/logger.ts';
import { encodeSegment } from '../event-segment.ts';
import type { RedisStreams } from './redis-streams.ts';
import type { SegmentTable } from '../postgres/segment-table.ts';
import type { WrittenLog } from './written-log.ts';

/** How often what is new goes to PostgreSQL, at most (ms): so much may be lost with Redis and the node that wrote it. */
const INTERVAL = 1000;

/** Saves what Redis has to PostgreSQL, all logs in one statement, and has Redis forget what was saved a moment ago. */
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
    this.#timer ??= setTimeout(() => this.#start(), INTERVAL).unref();
  }

  /** Has nothing more to do with a log: whoever made one row of it has saved it. */
  remove(log: WrittenLog): void {
    this.#logs.delete(log);
  }

  /** The same of a log that was given up: once this resolves nothing more of it is saved. */
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
      this.#timer = this.#logs.size > 0 ? setTimeout(() => this.#start(), INTERVAL).unref() : null;
    });
  }

  /** Never rejects: what could not be saved is saved the next time. */
  async #save(): Promise<void> {
    const unsaved: { log: WrittenLog; last: number }[] = [];
    for (const log of this.#logs) {
      const { last } = log.tail;
      if (last > log.saved) unsaved.push({ log, last });
      else if (log.isLeft) this.#logs.delete(log);
    }
    if (unsaved.length === 0) return;
    try {
      const listed = await this.#table.insert(
        unsaved.map(({ log: { generationId, nodeId, saved, tail }, last }) => ({
          generationId,
          nodeId,
          firstSequence: saved + 1,
          lastSequence: last,
          events: encodeSegment(tail.records(saved).slice(0, last - saved)),
        })),
        null,
      );
      for (const { log, last } of unsaved) this.#note(log, last, listed.has(log.nodeId));
    } catch (error) {
      this.#logger.warn({ err: error }, 'what Redis has could not be saved; it is tried again');
      return;
    }
    await this.#trim(unsaved.map(({ log }) => log).filter(({ isLost }) => !isLost));
  }

  #note(log: WrittenLog, last: number, isListed: boolean): void {
    if (isListed) {
      log.savedBefore = log.saved;
      log.saved = last;
    } else {
      log.isLost = true;
    }
    if (log.isLeft || !isListed) this.#logs.delete(log);
  }

  /** Who reads a gap anew mostly finds it in Redis. */
  async #trim(logs: readonly WrittenLog[]): Promise<void> {
    try {
      await this.#streams.trim(
        logs.map(({ generationId, savedBefore }) => ({ generationId, before: savedBefore + 1 })),
      );
    } catch (error) {
      this.#logger.debug({ err: error }, 'Redis keeps longer what was saved');
    }
  }
}
