import type { Pool, PoolConfig } from 'pg';
import type { Logger } from '../../ports/logger.ts';

/** The longest a statement may take, waiting for locks included (ms). */
const STATEMENT_TIMEOUT = 10_000;
/** A node that falls asleep within a transaction loses it, and what it has locked, after so long (ms). */
const IDLE_TIMEOUT = 10_000;

const IS_STANDBY = 'select pg_is_in_recovery() as is_standby';
const LIMITS = `
  set_config('statement_timeout', '${STATEMENT_TIMEOUT}', false),
  set_config('idle_in_transaction_session_timeout', '${IDLE_TIMEOUT}', false)`;

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

/**
 * A pool's `verify`: what is done with each new connection before it is used. PostgreSQL itself gives up on what is asked on it: by a
 * query, not in its start, for of that PgBouncer knows nothing. A standby is refused: it takes no writes for as long as it is connected
 * to, though the name by which it was found may be the primary's a moment later.
 *
 * @param options.hasNoTimeout whether statements may take as long as they like
 */
export function verifyConnection({ hasNoTimeout = false } = {}): NonNullable<PoolConfig['verify']> {
  const query = hasNoTimeout ? IS_STANDBY : `${IS_STANDBY}, ${LIMITS}`;
  return (client, done) => {
    client.query<{ is_standby: boolean }>(query, (error: Error | null, result) => {
      if (error !== null) done(error);
      else done(result.rows[0]?.is_standby === true ? new Error('It is a standby') : undefined);
    });
  };
}
