import { isTerminalRecord } from '../log-record.ts';
import { LeaseLostError } from '../../../core/errors.ts';
import { EventTail } from '../../../core/event-tail.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import { EndedLogs } from './ended-logs.ts';
import { encodeSegment } from '../event-segment.ts';
import type { LoadedEvents } from '../event-segment.ts';
import type { Cursor, FollowedTails } from '../followed-tails.ts';
import type { QueuedEvent, Refusals } from '../group-commit.ts';
import type { PostgresListener } from './postgres-listener.ts';
import type { QueuedLogWriter } from '../queued-log-writer.ts';
import { SegmentTable } from './segment-table.ts';
import { StoredEventLog } from '../stored-event-log.ts';
import type { EventBackend } from '../stored-event-log.ts';

const CHANNEL = 'millrace_events';
/** A commit that PostgreSQL refuses is tried again for so long (ms). */
const PATIENCE = 10_000;

export interface PostgresEventLogParts {
  database: PostgresDatabase;
  /** Not yet started. */
  listener: PostgresListener;
  logger: Logger;
}

/** The event log in the PostgreSQL database of the store. Each commit is one statement. */
export class PostgresEventLog extends StoredEventLog {
  constructor({ database, listener, logger }: PostgresEventLogParts) {
    super(new PostgresEvents(new SegmentTable(database), listener, logger), logger);
  }
}

class PostgresEvents implements EventBackend {
  readonly patience = PATIENCE;
  readonly #table: SegmentTable;
  readonly #listener: PostgresListener;
  readonly #ended: EndedLogs;

  constructor(table: SegmentTable, listener: PostgresListener, logger: Logger) {
    this.#table = table;
    this.#listener = listener;
    this.#ended = new EndedLogs(table, logger);
  }

  listen(tails: FollowedTails): void {
    this.#listener.listen(CHANNEL, {
      told(payload) {
        for (const line of payload.split('\n')) {
          const [logId = '', last] = line.split(' ');
          if (last !== undefined) tails.announce(logId, Number(last));
        }
      },
      missed: () => tails.reloadAll(),
    });
  }

  async take(generationId: string, _nodeId: string, isNew: boolean): Promise<EventTail> {
    const loaded = isNew
      ? undefined
      : (await this.load([{ logId: generationId, after: 0 }])).get(generationId);
    return new EventTail(generationId, loaded?.base ?? 0, loaded?.events ?? []);
  }

  leave(): void {
    // Nothing is kept of who writes: the rows say it.
  }

  async write(batch: readonly QueuedEvent[]): Promise<Refusals> {
    const segments = [];
    for (const [writer, queued] of Map.groupBy(batch, (each) => each.writer)) {
      const firstSequence = writer.tail.last + 1;
      segments.push({
        generationId: writer.tail.logId,
        nodeId: writer.nodeId,
        firstSequence,
        lastSequence: firstSequence + queued.length - 1,
        events: encodeSegment(queued.map(({ event }) => event)),
      });
    }
    const listed = await this.#table.insert(segments, CHANNEL);
    const refused = new Map<QueuedLogWriter, LeaseLostError>();
    for (const { writer } of batch) {
      if (listed.has(writer.nodeId)) continue;
      refused.set(writer, new LeaseLostError(`Node ${writer.nodeId} was struck off`));
    }
    return refused;
  }

  /** The statement was answered after its commit. */
  async secure(): Promise<void> {}

  note(batch: readonly QueuedEvent[]): void {
    for (const { writer, event } of batch) {
      // Many rows are as good.
      if (isTerminalRecord(event)) this.#ended.add(writer.tail, writer.nodeId).catch(() => {});
    }
  }

  /** PostgreSQL tells of all logs. */
  async subscribe(): Promise<boolean> {
    return false;
  }

  unsubscribe(): void {
    // Those that nobody follows are passed over.
  }

  load(wanted: readonly Cursor[]): Promise<Map<string, LoadedEvents>> {
    return this.#table.load(wanted);
  }

  closed(logIds: readonly string[]): Promise<Set<string>> {
    return this.#table.closed(logIds);
  }

  async prune(endedBefore: number): Promise<number> {
    // What is made one row afterwards would be there again.
    await this.#ended.flush();
    return (await this.#table.prune(endedBefore)).length;
  }

  async close(): Promise<void> {
    await this.#ended.close();
  }
}
