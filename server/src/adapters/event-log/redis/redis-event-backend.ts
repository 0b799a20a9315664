import { randomBytes } from 'node:crypto';
import { LeaseLostError } from '../../../core/errors.ts';
import { EventTail, isTerminalRecord } from '../../../core/event-tail.ts';
import type { LogRecord } from '../../../core/event-tail.ts';
import type { LogWriter } from '../../../ports/event-log.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Redis } from '../../redis/redis.ts';
import { joinSegments } from '../event-segment.ts';
import type { DecodedSegment, LoadedRecords } from '../event-segment.ts';
import type { Cursor, FollowedTails } from '../followed-tails.ts';
import type { QueuedRecord, Refusals } from '../group-commit.ts';
import { SegmentMerger } from '../postgres/segment-merger.ts';
import type { SegmentTable } from '../postgres/segment-table.ts';
import type { EventBackend } from '../stored-event-log.ts';
import { Checkpoints } from './checkpoints.ts';
import { IncompleteLogWriter } from './incomplete-log-writer.ts';
import { RedisAppender } from './redis-appender.ts';
import type { Claim, RedisStreams } from './redis-streams.ts';
import { decodeEntry } from './stream-entry.ts';
import { WrittenLog } from './written-log.ts';

/** How long Redis keeps an ended log that is in PostgreSQL (s), for readers that are about to load it. */
const ENDED_TTL_S = 60;

export interface RedisEventBackendOptions {
  redis: Redis;
  streams: RedisStreams;
  table: SegmentTable;
  logger: Logger;
  retryWindowMs: number;
}

/** New records are in Redis, which publishes them to other nodes; all records are in PostgreSQL a second later. */
export class RedisEventBackend implements EventBackend {
  readonly retryWindowMs: number;
  readonly #redis: Redis;
  readonly #streams: RedisStreams;
  readonly #table: SegmentTable;
  readonly #logger: Logger;
  readonly #appender: RedisAppender;
  readonly #checkpoints: Checkpoints;
  readonly #merger: SegmentMerger;

  constructor({ redis, streams, table, logger, retryWindowMs }: RedisEventBackendOptions) {
    this.retryWindowMs = retryWindowMs;
    this.#redis = redis;
    this.#streams = streams;
    this.#table = table;
    this.#logger = logger;
    this.#appender = new RedisAppender(streams, table, logger);
    this.#checkpoints = new Checkpoints(table, streams, logger);
    this.#merger = new SegmentMerger(table, logger, (merged, takenOver) => this.#forget(merged, takenOver));
  }

  connect(tails: FollowedTails): void {
    this.#redis.listen({
      onMessage: (message, channel) => {
        const { firstSequence, records } = decodeEntry(message);
        const generationId = this.#streams.generationOf(channel);
        if (records.length > 0) tails.deliver(generationId, firstSequence, records);
        else tails.announce(generationId, firstSequence);
      },
      onGap: () => tails.reloadAll(),
    });
    this.#redis.onReconnect(() => void this.#appender.restoreAll());
  }

  async claim(generationId: string, nodeId: string, isNew: boolean): Promise<EventTail | LogWriter> {
    // A new log is claimed by its first commit, which may wait for Redis.
    if (isNew) {
      const claim = { generationId, epoch: 0, writer: newWriterId() };
      return this.#begin({ claim, nodeId, isClaimed: false, savedTo: 0 }, []);
    }
    const epoch = await this.#table.epoch(generationId, nodeId);
    if (epoch === null) throw new LeaseLostError(`Generation ${generationId} belongs to another node.`);
    const saved = await this.#loadSaved({ logId: generationId, after: 0 });
    if (hasEnded(saved)) return new EventTail(generationId, saved.base, saved.records);
    const claim = { generationId, epoch, writer: newWriterId() };
    const claimed = await this.#streams.claim(claim, false);
    if (claimed.outcome === 'taken') {
      throw new LeaseLostError(`Generation ${generationId} was taken over by another node.`);
    }
    if (claimed.outcome === 'whole') {
      const { records } = await this.#loadOne({ logId: generationId, after: 0 });
      if (records.length === claimed.last) {
        const log = { claim, nodeId, isClaimed: true, savedTo: saved.records.length };
        const tail = this.#begin(log, records);
        // The writer died before its ended log was saved.
        if (tail.hasEnded) await this.#merger.add(tail, nodeId);
        return tail;
      }
    }
    this.#logger.warn({ generationId }, 'Redis has lost events that readers may have seen');
    return new IncompleteLogWriter(generationId, saved, (last) => this.#discard(generationId, nodeId, last));
  }

  release(generationId: string): void {
    const log = this.#appender.logs.get(generationId);
    if (log === undefined) return;
    log.release();
    // Redis must hold an ended log until it is saved.
    if (!log.tail.hasEnded) this.#appender.logs.delete(generationId);
  }

  write(batch: readonly QueuedRecord[]): Promise<Refusals> {
    return this.#appender.append(batch);
  }

  /** Redis has answered; if it loses records, they are restored. */
  async makeDurable(): Promise<void> {}

  onDurable(batch: readonly QueuedRecord[]): void {
    for (const { writer, record } of batch) {
      if (!isTerminalRecord(record)) continue;
      const log = this.#appender.logs.get(writer.tail.logId);
      if (log !== undefined) this.#checkpoints.remove(log);
      writer.waitForArchive(this.#merger.add(writer.tail, writer.nodeId));
    }
  }

  subscribe(generationId: string): Promise<boolean> {
    return this.#redis.subscribe(this.#streams.channel(generationId));
  }

  unsubscribe(generationId: string): void {
    this.#redis.unsubscribe(this.#streams.channel(generationId));
  }

  async load(cursors: readonly Cursor[]): Promise<Map<string, LoadedRecords>> {
    const loaded = await Promise.all(
      cursors.map(async (cursor): Promise<[string, LoadedRecords]> => [
        cursor.logId,
        await this.#loadOne(cursor),
      ]),
    );
    return new Map(loaded);
  }

  findComplete(generationIds: readonly string[]): Promise<Set<string>> {
    return this.#table.findComplete(generationIds);
  }

  async prune(endedBefore: number): Promise<number> {
    await this.#merger.flush();
    const pruned = await this.#table.prune(endedBefore);
    await Promise.all(pruned.map((generationId) => this.#streams.expire(generationId, 0)));
    return pruned.length;
  }

  async close(): Promise<void> {
    this.#redis.onReconnect(() => {});
    await this.#merger.close();
    await this.#checkpoints.close();
  }

  #begin(
    log: { claim: Claim; nodeId: string; isClaimed: boolean; savedTo: number },
    records: LogRecord[],
  ): EventTail {
    const tail = new EventTail(log.claim.generationId, 0, records);
    if (tail.hasEnded) return tail;
    const written = new WrittenLog({ ...log, tail });
    this.#appender.logs.set(written.generationId, written);
    this.#checkpoints.add(written);
    return tail;
  }

  async #loadSaved({ logId, after }: Cursor): Promise<LoadedRecords> {
    return (await this.#table.load([{ logId, after }])).get(logId) ?? { base: 0, records: [] };
  }

  async #loadOne(cursor: Cursor): Promise<LoadedRecords> {
    const { logId, after } = cursor;
    let recent: DecodedSegment[];
    try {
      recent = await this.#streams.read(logId, after);
    } catch (error) {
      const saved = await this.#loadSaved(cursor);
      // An ended log can be read without Redis.
      if (hasEnded(saved)) return saved;
      throw error;
    }
    const [first] = recent;
    if (first !== undefined && first.firstSequence <= Math.max(1, after)) return joinSegments(recent);
    // Redis trims only saved records, so PostgreSQL is read afterwards.
    const saved = await this.#loadSaved(cursor);
    const savedLast = saved.base + saved.records.length;
    if (first === undefined && savedLast < after) recent = await this.#streams.read(logId, savedLast + 1);
    const loaded = joinSegments([{ firstSequence: saved.base + 1, records: saved.records }, ...recent]);
    const isBehindReader = loaded.base + loaded.records.length < after;
    if (!isBehindReader || hasEnded(loaded) || (await this.#streams.isWhole(logId))) return loaded;
    // The reader may be right until the records that Redis lost are restored or given up.
    const isComplete = (await this.#table.findComplete([logId])).has(logId);
    return { base: isComplete ? 0 : after, records: [] };
  }

  async #discard(generationId: string, nodeId: string, last: number): Promise<void> {
    await this.#checkpoints.forget(generationId);
    await this.#table.delete(generationId, nodeId);
    await this.#streams.discard(generationId, String(last));
  }

  /** Releases ended logs that are saved, or that another node has taken over. Never rejects: all keys expire anyway. */
  async #forget(merged: readonly EventTail[], takenOver: readonly EventTail[]): Promise<void> {
    for (const tail of [...merged, ...takenOver]) {
      if (this.#appender.logs.get(tail.logId)?.tail === tail) this.#appender.logs.delete(tail.logId);
    }
    try {
      await Promise.all(merged.map(({ logId }) => this.#streams.expire(logId, ENDED_TTL_S)));
    } catch (error) {
      this.#logger.debug(
        { err: error },
        'failed to shorten the expiry of ended replies; they expire in a day',
      );
    }
  }
}

function hasEnded({ records }: LoadedRecords): boolean {
  return isTerminalRecord(records.at(-1));
}

function newWriterId(): string {
  return randomBytes(6).toString('base64url');
}
