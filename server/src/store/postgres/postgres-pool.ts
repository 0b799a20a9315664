import type { Pool, PoolConfig } from 'pg';
import type { Logger } from '../../ports/logger.ts';

/** The longest a statement may take, including the wait for locks. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** A node that is suspended within a transaction loses the transaction and its locks after this time. */
const IDLE_TIMEOUT_MS = 10_000;

const IS_STANDBY = 'select pg_is_in_recovery() as is_standby';
const LIMITS = `
  set_config('statement_timeout', '${STATEMENT_TIMEOUT_MS}', false),
  set_config('idle_in_transaction_session_timeout', '${IDLE_TIMEOUT_MS}', false)`;

/** Handles the errors of lost connections. An unhandled one would end the process. */
export function handleLostConnections(pool: Pool, logger: Logger): void {
  // The query of a connection in use reports its error.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => {
    // The error refers to the whole client, with all its prepared statements.
    Reflect.deleteProperty(error, 'client');
    logger.warn({ err: error }, 'a connection to the database was lost');
  });
}

/**
 * Creates a pool's `verify` function, which prepares each new connection before it is used. It sets the timeouts with a query instead of
 * connection options, which PgBouncer rejects. It refuses a standby, which takes no writes: the same host name may lead to the primary a
 * moment later.
 *
 * @param options.hasNoTimeout whether statements may run without a timeout
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
