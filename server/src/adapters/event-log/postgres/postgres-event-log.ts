import type { Logger } from '../../../ports/logger.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import { StoredEventLog } from '../stored-event-log.ts';
import { PostgresEventBackend } from './postgres-event-backend.ts';
import type { PostgresListener } from './postgres-listener.ts';
import { SegmentTable } from './segment-table.ts';

export interface PostgresEventLogOptions {
  database: PostgresDatabase;
  /** Not yet started. */
  listener: PostgresListener;
  logger: Logger;
}

/** The event log in the PostgreSQL database of the store. Each commit is one statement. */
export class PostgresEventLog extends StoredEventLog {
  constructor({ database, listener, logger }: PostgresEventLogOptions) {
    super(new PostgresEventBackend(new SegmentTable(database), listener, logger), logger);
  }
}
