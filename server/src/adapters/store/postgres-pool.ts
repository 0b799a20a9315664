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
