import { LeaseLostError } from '../../../core/errors.ts';
import { EventTail, isTerminalRecord } from '../../../core/event-tail.ts';
import type { Logger } from '../../../ports/logger.ts';
import { encodeSegment } from '../event-segment.ts';
import type { LoadedRecords } from '../event-segment.ts';
import type { Cursor, FollowedTails } from '../followed-tails.ts';
import type { QueuedRecord, Refusals } from '../group-commit.ts';
import type { QueuedLogWriter } from '../queued-log-writer.ts';
import type { EventBackend } from '../stored-event-log.ts';
import type { PostgresListener } from './postgres-listener.ts';
import { SegmentMerger } from './segment-merger.ts';
import type { SegmentTable } from './segment-table.ts';

const CHANNEL = 'millrace_events';
/** How long a commit is retried that PostgreSQL refuses. */
const RETRY_WINDOW_MS = 10_000;

/** Each commit is a segment of each log, announced by NOTIFY. The segments of an ended log are merged into one. */
export class PostgresEventBackend implements EventBackend {
  readonly retryWindowMs = RETRY_WINDOW_MS;
  readonly #table: SegmentTable;
  readonly #listener: PostgresListener;
  readonly #merger: SegmentMerger;

  constructor(table: SegmentTable, listener: PostgresListener, logger: Logger) {
    this.#table = table;
    this.#listener = listener;
    this.#merger = new SegmentMerger(table, logger);
  }

  connect(tails: FollowedTails): void {
    this.#listener.listen(CHANNEL, {
      onNotification(payload) {
        for (const line of payload.split('\n')) {
          const [logId = '', last] = line.split(' ');
          if (last !== undefined) tails.announce(logId, Number(last));
        }
      },
      onGap: () => tails.reloadAll(),
    });
  }

  async claim(generationId: string, _nodeId: string, isNew: boolean): Promise<EventTail> {
    const loaded = isNew
      ? undefined
      : (await this.load([{ logId: generationId, after: 0 }])).get(generationId);
    return new EventTail(generationId, loaded?.base ?? 0, loaded?.records ?? []);
  }

  release(): void {
    // PostgreSQL doesn't record who writes a log; each commit checks the lease.
  }

  async write(batch: readonly QueuedRecord[]): Promise<Refusals> {
    const segments = [];
    for (const [writer, queued] of Map.groupBy(batch, (each) => each.writer)) {
      const firstSequence = writer.tail.last + 1;
      segments.push({
        generationId: writer.tail.logId,
        nodeId: writer.nodeId,
        firstSequence,
        lastSequence: firstSequence + queued.length - 1,
        events: encodeSegment(queued.map(({ record }) => record)),
      });
    }
    const leaseHolders = await this.#table.insert(segments, CHANNEL);
    const refused = new Map<QueuedLogWriter, LeaseLostError>();
    for (const { writer } of batch) {
      if (leaseHolders.has(writer.nodeId)) continue;
      refused.set(writer, new LeaseLostError(`The lease of node ${writer.nodeId} has expired.`));
    }
    return refused;
  }

  /** PostgreSQL answers after the commit. */
  async makeDurable(): Promise<void> {}

  onDurable(batch: readonly QueuedRecord[]): void {
    for (const { writer, record } of batch) {
      // A log in many rows can be read too.
      if (isTerminalRecord(record)) this.#merger.add(writer.tail, writer.nodeId).catch(() => {});
    }
  }

  /** This connection receives notifications of all logs. */
  async subscribe(): Promise<boolean> {
    return false;
  }

  unsubscribe(): void {
    // Notifications of logs that aren't followed are ignored.
  }

  load(cursors: readonly Cursor[]): Promise<Map<string, LoadedRecords>> {
    return this.#table.load(cursors);
  }

  findComplete(generationIds: readonly string[]): Promise<Set<string>> {
    return this.#table.findComplete(generationIds);
  }

  async prune(endedBefore: number): Promise<number> {
    // A merge after the prune would write the log again.
    await this.#merger.flush();
    return (await this.#table.prune(endedBefore)).length;
  }

  async close(): Promise<void> {
    await this.#merger.close();
  }
}
