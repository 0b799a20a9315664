import type { Pool } from 'pg';
import type { Logger } from '../../ports/logger.ts';

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

export interface ServerTimeouts {
  /** The longest a statement may take, waiting for locks included (ms). */
  statement: number;
  /** How long a transaction may stand still: who falls asleep within one loses it, and what it has locked (ms). */
  idleInTransaction: number;
}

/** Has PostgreSQL itself give up on what its connections ask. A statement, not a parameter of the start: those PgBouncer refuses. */
export function limitConnections(pool: Pool, { statement, idleInTransaction }: ServerTimeouts): void {
  pool.on('connect', (client) => {
    const limits = `set statement_timeout = ${statement}; set idle_in_transaction_session_timeout = ${idleInTransaction}`;
    // A connection on which this fails is lost, which whoever wanted it is told by its query.
    client.query(limits).catch(() => {});
  });
}
