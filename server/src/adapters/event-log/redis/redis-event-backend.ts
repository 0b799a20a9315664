import { randomBytes } from 'node:crypto';
import { isTerminalRecord } from '../log-record.ts';
import { LeaseLostError } from '../../../core/errors.ts';
import { EventTail } from '../../../core/event-tail.ts';
import type { LogWriter } from '../../../ports/event-log.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Redis } from '../../redis/redis.ts';
import { Checkpoints } from './checkpoints.ts';
import { EndedLogs } from '../postgres/ended-logs.ts';
import { joinSegments } from '../event-segment.ts';
import type { DecodedSegment, LoadedEvents } from '../event-segment.ts';
import type { Cursor, FollowedTails } from '../followed-tails.ts';
import type { QueuedEvent, Refusals } from '../group-commit.ts';
import { LostLogWriter } from './lost-log-writer.ts';
import { RedisAppender } from './redis-appender.ts';
import type { RedisStreams } from './redis-streams.ts';
import type { SegmentTable } from '../postgres/segment-table.ts';
import type { EventBackend } from '../stored-event-log.ts';
import { decodeEntry } from './stream-entry.ts';
import type { WrittenLog } from './written-log.ts';

/** One that has ended, and is in PostgreSQL, Redis keeps so long for those who are about to read it (s). */
const ENDED_KEPT_FOR = 60;

export interface RedisEventBackendParts {
  redis: Redis;
  streams: RedisStreams;
  table: SegmentTable;
  logger: Logger;
}

/** New events are in Redis, which tells other nodes of them; all are in PostgreSQL a second later. */
export class RedisEventBackend implements EventBackend {
  readonly patience: number;
  readonly #redis: Redis;
  readonly #streams: RedisStreams;
  readonly #table: SegmentTable;
  readonly #logger: Logger;
  readonly #appender: RedisAppender;
  readonly #checkpoints: Checkpoints;
  readonly #ended: EndedLogs;

  constructor({ redis, streams, table, logger }: RedisEventBackendParts, patience: number) {
    this.patience = patience;
    this.#redis = redis;
    this.#streams = streams;
    this.#table = table;
    this.#logger = logger;
    this.#appender = new RedisAppender(streams, table, logger);
    this.#checkpoints = new Checkpoints(table, streams, logger);
    this.#ended = new EndedLogs(table, logger, (kept, left) => this.#forget(kept, left));
  }

  listen(tails: FollowedTails): void {
    this.#redis.listen({
      told: (message, channel) => {
        const { firstSequence, events } = decodeEntry(message);
        const generationId = this.#streams.generationOf(channel);
        if (events.length > 0) tails.deliver(generationId, firstSequence, events);
        else tails.announce(generationId, firstSequence);
      },
      missed: () => tails.reloadAll(),
    });
    this.#redis.whenBack(() => void this.#appender.restoreAll());
  }

  async take(generationId: string, nodeId: string, isNew: boolean): Promise<EventTail | LogWriter> {
    // With its first commit, which may wait until Redis is there.
    if (isNew) {
      const claim = { generationId, epoch: 0, writer: newWriter() };
      return this.#begin({ ...claim, nodeId, isClaimed: false, saved: 0 }, []);
    }
    const epoch = await this.#table.epoch(generationId, nodeId);
    if (epoch === null) throw new LeaseLostError(`${generationId} is another node’s`);
    const saved = await this.#saved({ logId: generationId, after: 0 });
    if (isEnded(saved)) return new EventTail(generationId, saved.base, saved.events);
    const claim = { generationId, epoch, writer: newWriter() };
    const claimed = await this.#streams.claim(claim, false);
    if (claimed.outcome === 'taken') throw new LeaseLostError(`${generationId} was inherited`);
    if (claimed.outcome === 'whole') {
      const { events } = await this.#loadOne({ logId: generationId, after: 0 });
      if (events.length === claimed.last) {
        const known = { ...claim, nodeId, isClaimed: true, saved: saved.events.length };
        const tail = this.#begin(known, events);
        // Its writer died before it was where it stays.
        if (tail.hasEnded) await this.#ended.add(tail, nodeId);
        return tail;
      }
    }
    this.#logger.warn({ generationId }, 'Redis has lost events that readers may have seen');
    return new LostLogWriter(generationId, saved, (last) => this.#discard(generationId, nodeId, last));
  }

  leave(generationId: string): void {
    const log = this.#appender.logs.get(generationId);
    if (log === undefined) return;
    log.isLeft = true;
    // One that has ended Redis must have until it is saved.
    if (!log.tail.hasEnded) this.#appender.logs.delete(generationId);
  }

  write(batch: readonly QueuedEvent[]): Promise<Refusals> {
    return this.#appender.append(batch);
  }

  /** Redis has answered; what it loses is put back. */
  async secure(): Promise<void> {}

  note(batch: readonly QueuedEvent[]): void {
    for (const { writer, event } of batch) {
      if (!isTerminalRecord(event)) continue;
      const log = this.#appender.logs.get(writer.tail.logId);
      if (log !== undefined) this.#checkpoints.remove(log);
      writer.keep(this.#ended.add(writer.tail, writer.nodeId));
    }
  }

  subscribe(generationId: string): Promise<boolean> {
    return this.#redis.subscribe(this.#streams.channel(generationId));
  }

  unsubscribe(generationId: string): void {
    this.#redis.unsubscribe(this.#streams.channel(generationId));
  }

  async load(wanted: readonly Cursor[]): Promise<Map<string, LoadedEvents>> {
    const loaded = await Promise.all(
      wanted.map(async (cursor): Promise<[string, LoadedEvents]> => [
        cursor.logId,
        await this.#loadOne(cursor),
      ]),
    );
    return new Map(loaded);
  }

  closed(generationIds: readonly string[]): Promise<Set<string>> {
    return this.#table.closed(generationIds);
  }

  async prune(endedBefore: number): Promise<number> {
    await this.#ended.flush();
    const pruned = await this.#table.prune(endedBefore);
    await Promise.all(pruned.map((generationId) => this.#streams.expire(generationId, 0)));
    return pruned.length;
  }

  async close(): Promise<void> {
    this.#redis.whenBack(() => {});
    await this.#ended.close();
    await this.#checkpoints.close();
  }

  #begin(
    log: Pick<WrittenLog, 'generationId' | 'epoch' | 'writer' | 'nodeId' | 'isClaimed' | 'saved'>,
    events: LoadedEvents['events'],
  ): EventTail {
    const tail = new EventTail(log.generationId, 0, events);
    if (tail.hasEnded) return tail;
    const written = {
      ...log,
      tail,
      isLost: false,
      isLeft: false,
      isOpen: false,
      savedBefore: log.saved,
      sent: tail.last,
    };
    this.#appender.logs.set(log.generationId, written);
    this.#checkpoints.add(written);
    return tail;
  }

  async #saved({ logId, after }: Cursor): Promise<LoadedEvents> {
    return (await this.#table.load([{ logId, after }])).get(logId) ?? { base: 0, events: [] };
  }

  async #loadOne(cursor: Cursor): Promise<LoadedEvents> {
    const { logId, after } = cursor;
    let recent: DecodedSegment[];
    try {
      recent = await this.#streams.read(logId, after);
    } catch (error) {
      const saved = await this.#saved(cursor);
      // What has ended can be read without Redis.
      if (isEnded(saved)) return saved;
      throw error;
    }
    const [first] = recent;
    if (first !== undefined && first.firstSequence <= Math.max(1, after)) return joinSegments(recent);
    // Redis forgets only what is saved: so that is looked for afterwards.
    const saved = await this.#saved(cursor);
    const savedLast = saved.base + saved.events.length;
    if (first === undefined && savedLast < after) recent = await this.#streams.read(logId, savedLast + 1);
    const loaded = joinSegments([{ firstSequence: saved.base + 1, events: saved.events }, ...recent]);
    const isBeyond = loaded.base + loaded.events.length < after;
    if (!isBeyond || isEnded(loaded) || (await this.#streams.isWhole(logId))) return loaded;
    // Until what Redis has lost is put back, or given up, the reader may be right.
    const isGivenUp = (await this.#table.closed([logId])).has(logId);
    return { base: isGivenUp ? 0 : after, events: [] };
  }

  async #discard(generationId: string, nodeId: string, last: number): Promise<void> {
    await this.#checkpoints.forget(generationId);
    await this.#table.drop(generationId, nodeId);
    await this.#streams.discard(generationId, String(last));
  }

  /** Has nothing more to do with what is kept, nor with what is left to another node. Never rejects: all expire anyway. */
  async #forget(kept: readonly EventTail[], left: readonly EventTail[]): Promise<void> {
    for (const tail of [...kept, ...left]) {
      if (this.#appender.logs.get(tail.logId)?.tail === tail) this.#appender.logs.delete(tail.logId);
    }
    try {
      await Promise.all(kept.map(({ logId }) => this.#streams.expire(logId, ENDED_KEPT_FOR)));
    } catch (error) {
      this.#logger.debug({ err: error }, 'Redis keeps ended replies a day');
    }
  }
}

function isEnded({ events }: LoadedEvents): boolean {
  const last = events.at(-1);
  return isTerminalRecord(last);
}

function newWriter(): string {
  return randomBytes(6).toString('base64url');
}
