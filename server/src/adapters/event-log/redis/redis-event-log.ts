import type { Logger } from '../../../ports/logger.ts';
import type { Redis } from '../../redis/redis.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import { RedisEventBackend } from './redis-event-backend.ts';
import { RedisStreams } from './redis-streams.ts';
import { SegmentTable } from '../postgres/segment-table.ts';
import { StoredEventLog } from '../stored-event-log.ts';

/** A commit that Redis refuses is tried again for so long (ms). */
const PATIENCE = 10_000;

export interface RedisEventLogParts {
  redis: Redis;
  /** Where all is kept that isn't new. */
  database: PostgresDatabase;
  logger: Logger;
  /** Before the names of all keys. */
  prefix?: string;
  patience?: number;
}

/** The event log in Redis, with checkpoints in the PostgreSQL database of the store. */
export class RedisEventLog extends StoredEventLog {
  constructor({ redis, database, logger, prefix = 'millrace:', patience = PATIENCE }: RedisEventLogParts) {
    const table = new SegmentTable(database);
    super(
      new RedisEventBackend({ redis, streams: new RedisStreams(redis, prefix), table, logger }, patience),
      logger,
    );
  }
}
