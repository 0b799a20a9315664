import { LeaseLostError, StorageError } from '../../../core/errors.ts';
import type { EventTail } from '../../../core/event-tail.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { EndedLog, SegmentTable } from './segment-table.ts';

/** How long those that have ended are gathered (ms), and how many make one statement. */
const DELAY = 5;
const AT_ONCE = 32;
/** What fails is tried again after so long (ms). */
const RETRY_INTERVAL = 1000;

interface WaitingLog extends EndedLog {
  whenKept: PromiseWithResolvers<void>;
}

/** Told of those that are one row now, and of those that are left to another node. Never rejects. */
type OnDone = (kept: readonly EventTail[], left: readonly EventTail[]) => Promise<void>;

/** Makes one row of each log that has ended, whether or not parts of it were written. */
export class EndedLogs {
  readonly #table: SegmentTable;
  readonly #logger: Logger;
  readonly #onDone: OnDone;
  #ended: WaitingLog[] = [];
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();

  constructor(table: SegmentTable, logger: Logger, onDone: OnDone = async () => {}) {
    this.#table = table;
    this.#logger = logger;
    this.#onDone = onDone;
  }

  /** Resolves when it is one row; rejects when it isn't before `close`, or with LeaseLostError when that is up to another node. */
  add(tail: EventTail, nodeId: string): Promise<void> {
    const whenKept = Promise.withResolvers<void>();
    this.#ended.push({ tail, nodeId, whenKept });
    this.#schedule(DELAY);
    return whenKept.promise;
  }

  /** Makes one row of each that has ended so far, if that can be done. */
  async flush(): Promise<void> {
    this.#working = this.#working.then(() => this.#compact());
    await this.#working;
  }

  async close(): Promise<void> {
    await this.flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { whenKept } of this.#ended)
      whenKept.reject(new StorageError('The log was closed before it was kept.'));
  }

  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, delay).unref();
  }

  /** Never rejects. */
  async #compact(): Promise<void> {
    while (this.#ended.length > 0) {
      const some = this.#ended.splice(0, AT_ONCE);
      let listed: Set<string>;
      try {
        listed = await this.#table.makeOne(some);
      } catch (error) {
        this.#logger.warn(
          { err: error },
          'logs that have ended could not be made one row; it is tried again',
        );
        this.#ended.push(...some);
        this.#schedule(RETRY_INTERVAL);
        return;
      }
      const { kept = [], left = [] } = Object.groupBy(some, ({ nodeId }) =>
        listed.has(nodeId) ? 'kept' : 'left',
      );
      for (const { whenKept } of kept) whenKept.resolve();
      for (const { nodeId, whenKept } of left) {
        whenKept.reject(new LeaseLostError(`Node ${nodeId} was struck off`));
      }
      await this.#onDone(tailsOf(kept), tailsOf(left));
    }
  }
}

function tailsOf(logs: readonly EndedLog[]): EventTail[] {
  return logs.map(({ tail }) => tail);
}
