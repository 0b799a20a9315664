import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseLostError, StorageError } from '../../../core/errors.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { QueuedEvent, Refusals } from '../group-commit.ts';
import type { QueuedLogWriter } from '../queued-log-writer.ts';
import type { Fence, NewEntry, RedisStreams, Restored } from './redis-streams.ts';
import type { SegmentTable } from '../postgres/segment-table.ts';
import { encodeEntry } from './stream-entry.ts';
import { unsavedEntry } from './written-log.ts';
import type { WrittenLog } from './written-log.ts';

/** How often an append is made anew, after something of the log was put back, before it is refused. */
const ROUNDS = 3;
/** How soon what could not be put back is tried again (ms). */
const RETRY_INTERVAL = 200;

interface QueuedEntry extends NewEntry<WrittenLog> {
  writer: QueuedLogWriter;
  events: readonly QueuedEvent[];
}

/** Appends to logs in Redis, and puts back what Redis loses of them, as long as they are ours. */
export class RedisAppender {
  /** By generation. */
  readonly logs = new Map<string, WrittenLog>();
  readonly #streams: RedisStreams;
  readonly #table: SegmentTable;
  readonly #logger: Logger;

  constructor(streams: RedisStreams, table: SegmentTable, logger: Logger) {
    this.#streams = streams;
    this.#table = table;
    this.#logger = logger;
  }

  /** See EventStorage.write. What is there already isn't added again. */
  async append(batch: readonly QueuedEvent[]): Promise<Refusals> {
    const refused = new Map<QueuedLogWriter, unknown>();
    let entries: QueuedEntry[] = [];
    for (const [writer, events] of Map.groupBy(batch, (queued) => queued.writer)) {
      const log = this.logs.get(writer.tail.logId);
      if (log === undefined || log.isLost) refused.set(writer, lostLease(writer.tail.logId));
      else entries.push(entryOf(log, writer, events));
    }
    await this.#claimNew(entries);
    for (let round = 1; entries.length > 0; round += 1) {
      entries = await this.#appendOnce(entries, refused);
      if (round < ROUNDS) continue;
      for (const { writer } of entries) refused.set(writer, new StorageError('Redis loses what it is told.'));
      return refused;
    }
    return refused;
  }

  /**
   * Sees to it that a Redis that was away has all it should, and is known to: a log that isn't confirmed counts as lost once its writer
   * is gone, and appends alone confirm nothing. Tries for as long as the logs are written. Never rejects.
   */
  async restoreAll(): Promise<void> {
    const confirmed = new Set<WrittenLog>();
    for (;;) {
      const logs = [...this.logs.values()].filter(
        (log) => log.isClaimed && !log.isLost && !confirmed.has(log),
      );
      if (logs.length === 0) return;
      try {
        for (const [log, reason] of await this.#restore(logs)) {
          if (reason instanceof LeaseLostError) log.isLost = true;
          else if (reason === null) confirmed.add(log);
        }
      } catch (error) {
        this.#logger.debug({ err: error }, 'what Redis may have lost is put back later');
      }
      if (logs.every((log) => confirmed.has(log) || log.isLost)) return;
      await sleep(RETRY_INTERVAL, undefined, { ref: false });
    }
  }

  /** A log that is new is claimed with its first events: that costs its start no wait. */
  async #claimNew(entries: readonly QueuedEntry[]): Promise<void> {
    const unclaimed = entries.map(({ claim }) => claim).filter(({ isClaimed }) => !isClaimed);
    // Where another has it the append is refused.
    await Promise.allSettled(
      unclaimed.map(async (log) => {
        await this.#streams.claim(log, true);
        log.isClaimed = true;
      }),
    );
  }

  /** @returns what is to be appended anew */
  async #appendOnce(
    entries: readonly QueuedEntry[],
    refused: Map<QueuedLogWriter, unknown>,
  ): Promise<QueuedEntry[]> {
    const again: QueuedEntry[] = [];
    const lost = new Map<WrittenLog, QueuedEntry>();
    for (const { claim, last } of entries) claim.sent = Math.max(claim.sent, last);
    const failed = await this.#streams.append(entries);
    for (const entry of entries) {
      if (entry.claim.isOpen && !failed.has(entry)) void this.#close(entry.claim);
    }
    for (const [entry, reason] of failed) {
      const { claim, writer, events } = entry;
      if (reason instanceof Error) refused.set(writer, reason);
      else if (isAnothers(claim, reason)) refused.set(writer, lostLease(claim.generationId));
      else if (reason !== null && reason.writer === claim.writer && reason.last > entry.after) {
        // An earlier try came through, and its answer didn't.
        again.push(
          entryOf(
            claim,
            writer,
            events.filter(({ sequence }) => sequence > reason.last),
          ),
        );
      } else lost.set(claim, entry);
    }
    if (lost.size === 0) return again;
    for (const [log, reason] of await this.#restore([...lost.keys()])) {
      const entry = lost.get(log);
      if (entry === undefined) continue;
      if (reason === null) again.push(entry);
      else refused.set(entry.writer, reason);
    }
    return again;
  }

  /** Puts back what Redis lacks of logs that are still ours. @returns why it could not; null where it could */
  async #restore(logs: readonly WrittenLog[]): Promise<[WrittenLog, unknown][]> {
    const held = await this.#table.held(logs);
    return Promise.all(
      logs.map(async (log): Promise<[WrittenLog, unknown]> => {
        try {
          const isOurs = held.has(log.generationId) && (await this.#restoreOne(log)) !== 'taken';
          return [log, isOurs ? null : lostLease(log.generationId)];
        } catch (error) {
          return [log, error];
        }
      }),
    );
  }

  async #restoreOne(log: WrittenLog): Promise<Restored> {
    const { tail, sent } = log;
    const outcome = await this.#streams.restore(log, { last: tail.last, unsaved: unsavedEntry(log), sent });
    log.isOpen = outcome === 'open';
    return outcome;
  }

  /** Has Redis know that it has all of a log again. Never rejects: until then the log counts as one that may have lost something. */
  async #close(log: WrittenLog): Promise<void> {
    try {
      await this.#restoreOne(log);
    } catch (error) {
      this.#logger.debug({ err: error }, 'Redis is told later that it has all of a log');
    }
  }
}

function entryOf(claim: WrittenLog, writer: QueuedLogWriter, events: readonly QueuedEvent[]): QueuedEntry {
  const after = (events[0]?.sequence ?? 1) - 1;
  const entry = encodeEntry(
    after + 1,
    events.map(({ event }) => event),
  );
  return { claim, writer, events, after, last: after + events.length, entry };
}

function isAnothers({ epoch, writer, isClaimed }: WrittenLog, fence: Fence | null): boolean {
  if (fence === null || fence.epoch < epoch) return false;
  return fence.epoch > epoch || (isClaimed && fence.writer !== writer);
}

function lostLease(generationId: string): LeaseLostError {
  return new LeaseLostError(`${generationId} is another’s to write`);
}
