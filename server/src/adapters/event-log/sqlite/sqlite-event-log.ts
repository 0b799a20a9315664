import type { Logger } from '../../../ports/logger.ts';
import type { SqliteDatabase } from '../../../store/sqlite/sqlite-database.ts';
import { StoredEventLog } from '../stored-event-log.ts';
import type { JournalLimits } from './journal-compactor.ts';
import { SqliteEventBackend } from './sqlite-event-backend.ts';

/** The event log in the SQLite file of the store. Each commit is one transaction. */
export class SqliteEventLog extends StoredEventLog {
  constructor(database: SqliteDatabase, logger: Logger, limits?: JournalLimits) {
    super(new SqliteEventBackend(database, logger, limits), logger);
  }
}
