import { LeaseLostError, StorageError } from '../../../core/errors.ts';
import type { EventTail } from '../../../core/event-tail.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { EndedLog, SegmentTable } from './segment-table.ts';

/** Ended logs are gathered for this time. */
const DELAY_MS = 5;
const MAX_LOGS_PER_STATEMENT = 32;
const RETRY_INTERVAL_MS = 1000;

interface WaitingLog extends EndedLog {
  completion: PromiseWithResolvers<void>;
}

/** Called with the merged logs, and with logs that another node has taken over. Never rejects. */
type OnDone = (merged: readonly EventTail[], takenOver: readonly EventTail[]) => Promise<void>;

/** Merges the segments of each ended log into one row, whether or not all of its records were written before. */
export class SegmentMerger {
  readonly #table: SegmentTable;
  readonly #logger: Logger;
  readonly #onDone: OnDone;
  #waiting: WaitingLog[] = [];
  #timer: NodeJS.Timeout | null = null;
  #merging: Promise<void> = Promise.resolve();

  constructor(table: SegmentTable, logger: Logger, onDone: OnDone = async () => {}) {
    this.#table = table;
    this.#logger = logger;
    this.#onDone = onDone;
  }

  /** Resolves when the log is one row. Rejects with LeaseLostError when another node has taken over, or at `close`. */
  add(tail: EventTail, nodeId: string): Promise<void> {
    const completion = Promise.withResolvers<void>();
    this.#waiting.push({ tail, nodeId, completion });
    this.#schedule(DELAY_MS);
    return completion.promise;
  }

  /** Merges the logs that have ended so far. A failure is retried later. */
  async flush(): Promise<void> {
    this.#merging = this.#merging.then(() => this.#merge());
    await this.#merging;
  }

  async close(): Promise<void> {
    await this.flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { completion } of this.#waiting)
      completion.reject(new StorageError('The event log was closed before the reply was saved.'));
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, delayMs).unref();
  }

  /** Never rejects. */
  async #merge(): Promise<void> {
    while (this.#waiting.length > 0) {
      const logs = this.#waiting.splice(0, MAX_LOGS_PER_STATEMENT);
      let leaseHolders: Set<string>;
      try {
        leaseHolders = await this.#table.mergeSegments(logs);
      } catch (error) {
        this.#logger.warn({ err: error }, 'failed to merge the segments of ended replies; retrying');
        this.#waiting.push(...logs);
        this.#schedule(RETRY_INTERVAL_MS);
        return;
      }
      const { merged = [], takenOver = [] } = Object.groupBy(logs, ({ nodeId }) =>
        leaseHolders.has(nodeId) ? 'merged' : 'takenOver',
      );
      for (const { completion } of merged) completion.resolve();
      for (const { nodeId, completion } of takenOver) {
        completion.reject(new LeaseLostError(`The lease of node ${nodeId} has expired.`));
      }
      await this.#onDone(tailsOf(merged), tailsOf(takenOver));
    }
  }
}

function tailsOf(logs: readonly EndedLog[]): EventTail[] {
  return logs.map(({ tail }) => tail);
}
