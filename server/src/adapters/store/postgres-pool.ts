import type { Pool } from 'pg';
import type { Logger } from '../../ports/logger.ts';

/** The longest a statement may take, waiting for locks included (ms). */
const STATEMENT_TIMEOUT = 10_000;
/** A node that falls asleep within a transaction loses it, and what it has locked, after so long (ms). */
const IDLE_TIMEOUT = 10_000;

/** Has a pool outlive its connections: when nobody hears that one was lost, that ends the process. */
export function outliveConnections(pool: Pool, logger: Logger): void {
  // Of one in use its query tells.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => {
    // It bears the whole connection, with all that was prepared on it.
    Reflect.deleteProperty(error, 'client');
    logger.warn({ err: error }, 'a connection to the database was lost');
  });
}

/** Has PostgreSQL itself give up on what its connections ask. By a statement, not in their start: of that PgBouncer knows nothing. */
export function limitConnections(pool: Pool): void {
  const limits = `set statement_timeout = ${STATEMENT_TIMEOUT}; set idle_in_transaction_session_timeout = ${IDLE_TIMEOUT}`;
  pool.on('connect', (client) => {
    // A connection on which this fails is lost, which whoever wanted it is told by its query.
    client.query(limits).catch(() => {});
  });
}
