import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseLostError, StorageError } from '../../../core/errors.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { QueuedRecord, Refusals } from '../group-commit.ts';
import type { SegmentTable } from '../postgres/segment-table.ts';
import type { QueuedLogWriter } from '../queued-log-writer.ts';
import type { Fence, NewEntry, RedisStreams, RestoreOutcome } from './redis-streams.ts';
import { encodeEntry } from './stream-entry.ts';
import type { WrittenLog } from './written-log.ts';

/** How often an append is attempted, restoring the log in between, before it is refused. */
const MAX_ATTEMPTS = 3;
const RETRY_INTERVAL_MS = 200;

interface QueuedEntry extends NewEntry<WrittenLog> {
  writer: QueuedLogWriter;
  records: readonly QueuedRecord[];
}

/** Appends to logs in Redis, and restores what Redis loses of them, as long as this node owns them. */
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

  /** See RecordStorage.write. Records that Redis has already aren't added again. */
  async append(batch: readonly QueuedRecord[]): Promise<Refusals> {
    const refused = new Map<QueuedLogWriter, unknown>();
    let entries: QueuedEntry[] = [];
    for (const [writer, records] of Map.groupBy(batch, (queued) => queued.writer)) {
      const log = this.logs.get(writer.tail.logId);
      if (log === undefined || log.state === 'lost') refused.set(writer, leaseLost(writer.tail.logId));
      else entries.push(entryOf(log, writer, records));
    }
    await this.#claimNew(entries);
    for (let attempt = 1; entries.length > 0; attempt += 1) {
      entries = await this.#appendOnce(entries, refused);
      if (attempt < MAX_ATTEMPTS) continue;
      for (const { writer } of entries) {
        refused.set(writer, new StorageError('Redis keeps losing what is written to it.'));
      }
      return refused;
    }
    return refused;
  }

  /**
   * Restores all logs in a Redis that was unreachable, and has it confirm that it holds them: a log that isn't confirmed counts as
   * lost once its writer is gone, and an append alone confirms nothing. Retries as long as the logs are written. Never rejects.
   */
  async restoreAll(): Promise<void> {
    const confirmed = new Set<WrittenLog>();
    for (;;) {
      const logs = [...this.logs.values()].filter(
        (log) => log.state !== 'unclaimed' && log.state !== 'lost' && !confirmed.has(log),
      );
      if (logs.length === 0) return;
      try {
        for (const [log, reason] of await this.#restore(logs)) {
          if (reason instanceof LeaseLostError) log.lose();
          else if (reason === null) confirmed.add(log);
        }
      } catch (error) {
        this.#logger.debug({ err: error }, 'failed to restore events in Redis; retrying');
      }
      if (logs.every((log) => confirmed.has(log) || log.state === 'lost')) return;
      await sleep(RETRY_INTERVAL_MS, undefined, { ref: false });
    }
  }

  /** Claims new logs together with their first records, so that a start doesn't wait for it. */
  async #claimNew(entries: readonly QueuedEntry[]): Promise<void> {
    const unclaimed = entries.map(({ claim }) => claim).filter(({ state }) => state === 'unclaimed');
    // If another node has the log, or Redis can't be reached, the append reports it.
    await Promise.allSettled(
      unclaimed.map(async (log) => {
        await this.#streams.claim(log, true);
        log.claimed();
      }),
    );
  }

  /** @returns the entries to append again */
  async #appendOnce(
    entries: readonly QueuedEntry[],
    refused: Map<QueuedLogWriter, unknown>,
  ): Promise<QueuedEntry[]> {
    const again: QueuedEntry[] = [];
    const incomplete = new Map<WrittenLog, QueuedEntry>();
    for (const { claim, last } of entries) claim.sentTo = Math.max(claim.sentTo, last);
    const failed = await this.#streams.append(entries);
    for (const entry of entries) {
      if (entry.claim.state === 'unconfirmed' && !failed.has(entry)) void this.#confirm(entry.claim);
    }
    for (const [entry, reason] of failed) {
      const { claim, writer, records } = entry;
      if (reason instanceof Error) refused.set(writer, reason);
      else if (belongsToAnotherNode(claim, reason)) refused.set(writer, leaseLost(claim.generationId));
      else if (reason !== null && reason.writer === claim.writer && reason.last > entry.after) {
        // An earlier attempt succeeded, and its answer was lost.
        const missing = records.filter(({ sequence }) => sequence > reason.last);
        again.push(entryOf(claim, writer, missing));
      } else incomplete.set(claim, entry);
    }
    if (incomplete.size === 0) return again;
    for (const [log, reason] of await this.#restore([...incomplete.keys()])) {
      const entry = incomplete.get(log);
      if (entry === undefined) continue;
      if (reason === null) again.push(entry);
      else refused.set(entry.writer, reason);
    }
    return again;
  }

  /** Restores what Redis lacks of logs that this node still owns. @returns the reason for each failure; null for success */
  async #restore(logs: readonly WrittenLog[]): Promise<[WrittenLog, unknown][]> {
    const owned = await this.#table.findOwned(logs);
    return Promise.all(
      logs.map(async (log): Promise<[WrittenLog, unknown]> => {
        try {
          const isOwn = owned.has(log.generationId) && (await this.#restoreOne(log)) !== 'taken';
          return [log, isOwn ? null : leaseLost(log.generationId)];
        } catch (error) {
          return [log, error];
        }
      }),
    );
  }

  async #restoreOne(log: WrittenLog): Promise<RestoreOutcome> {
    const { tail, sentTo } = log;
    const known = { last: tail.last, retained: log.retainedEntry(), sentTo };
    const outcome = await this.#streams.restore(log, known);
    if (outcome !== 'taken') log.restored(outcome === 'whole');
    return outcome;
  }

  /** Has Redis confirm that it holds all of a log again. Never rejects: until it succeeds, the log counts as incomplete. */
  async #confirm(log: WrittenLog): Promise<void> {
    try {
      await this.#restoreOne(log);
    } catch (error) {
      this.#logger.debug({ err: error }, 'failed to confirm a restored log in Redis; retrying');
    }
  }
}

function entryOf(claim: WrittenLog, writer: QueuedLogWriter, records: readonly QueuedRecord[]): QueuedEntry {
  const after = (records[0]?.sequence ?? 1) - 1;
  const entry = encodeEntry(
    after + 1,
    records.map(({ record }) => record),
  );
  return { claim, writer, records, after, last: after + records.length, entry };
}

function belongsToAnotherNode({ epoch, writer, state }: WrittenLog, fence: Fence | null): boolean {
  if (fence === null || fence.epoch < epoch) return false;
  return fence.epoch > epoch || (state !== 'unclaimed' && fence.writer !== writer);
}

function leaseLost(generationId: string): LeaseLostError {
  return new LeaseLostError(`Generation ${generationId} was taken over by another node.`);
}
