import type { Logger } from '../../../ports/logger.ts';
import type { PostgresDatabase } from '../../../store/postgres/postgres-database.ts';
import type { Redis } from '../../redis/redis.ts';
import { SegmentTable } from '../postgres/segment-table.ts';
import { StoredEventLog } from '../stored-event-log.ts';
import { RedisEventBackend } from './redis-event-backend.ts';
import { RedisStreams } from './redis-streams.ts';

/** How long a commit is retried that Redis refuses. */
const RETRY_WINDOW_MS = 10_000;
/** Holds the version of the protocol: events of another version must not be read as this one's. */
export const KEY_PREFIX = 'millrace:2:';

export interface RedisEventLogOptions {
  redis: Redis;
  /** Holds everything but the newest events. */
  database: PostgresDatabase;
  logger: Logger;
  /** All keys begin with this. */
  prefix?: string;
  retryWindowMs?: number;
}

/** The event log in Redis, with checkpoints in the PostgreSQL database of the store. */
export class RedisEventLog extends StoredEventLog {
  constructor({
    redis,
    database,
    logger,
    prefix = KEY_PREFIX,
    retryWindowMs = RETRY_WINDOW_MS,
  }: RedisEventLogOptions) {
    const streams = new RedisStreams(redis, prefix);
    const table = new SegmentTable(database);
    super(new RedisEventBackend({ redis, streams, table, logger, retryWindowMs }), logger);
  }
}
