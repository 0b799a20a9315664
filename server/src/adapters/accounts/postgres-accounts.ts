import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { Pool } from 'pg';
import type { PoolClient, QueryResultRow } from 'pg';
import type { Logger } from '../../ports/logger.ts';
import { asStorageError, isLostConnection } from '../../store/postgres/postgres-errors.ts';
import { handleLostConnections, verifyConnection } from '../../store/postgres/postgres-pool.ts';
import { Refusals } from './accounts-database.ts';
import type { AccountsDatabase, BetterAuthDatabase } from './accounts-database.ts';

const SCHEMA = 'accounts';
/** Connections of one node. It is a separate pool, because better-auth holds connections across awaits, and a sign-up also needs one of the store's. */
const POOL_SIZE = 4;
/** The same timeouts as the store's. */
const ANSWER_TIMEOUT_MS = 12_000;
const CONNECTION_TIMEOUT_MS = 5000;
/** How long to retry when the database can't be reached. */
const RETRY_WINDOW_MS = 3000;
const RETRY_INTERVAL_MS = 100;

/** Opens the accounts, in a schema of their own beside the other tables. */
export function openPostgresAccounts({ url, logger }: { url: string; logger: Logger }): AccountsDatabase {
  const refusals = new Refusals();
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    application_name: 'millrace accounts',
    query_timeout: ANSWER_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    keepAlive: true,
    verify: verifyConnection(),
  });
  handleLostConnections(pool, logger);
  const kysely = new Kysely<Record<string, never>>({
    dialect: new PostgresDialect({ pool: watchedPool(pool, refusals) }),
  });
  return {
    database: asDatabase(kysely),
    refusals,
    migrate: (work) =>
      kysely.transaction().execute(async (transaction) => {
        await sql`select pg_advisory_xact_lock(hashtextextended('millrace accounts', 0))`.execute(
          transaction,
        );
        await work(asDatabase(transaction));
      }),
    close: () => kysely.destroy(),
  };
}

function asDatabase(db: Kysely<Record<string, never>>): BetterAuthDatabase {
  return { db, type: 'postgres', schemaName: SCHEMA, transaction: true };
}

/** Wraps a pool: records refused queries, throws them as StorageError, and waits for a database that restarts. */
function watchedPool(pool: Pool, refusals: Refusals): PostgresPool {
  const recordRefusal = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      const refusal = asStorageError(error);
      refusals.record(refusal);
      throw refusal;
    }
  };
  return {
    options: pool.options,
    connect: () => recordRefusal(async () => watchedClient(await connect(pool), recordRefusal)),
    end: () => pool.end(),
  };
}

function watchedClient(
  client: PoolClient,
  recordRefusal: <Result>(work: () => Promise<Result>) => Promise<Result>,
): PostgresPoolClient {
  let isBroken = false;
  function query<Row extends QueryResultRow>(text: string, parameters: readonly unknown[]) {
    return recordRefusal(async () => {
      try {
        return await client.query<Row>(text, [...parameters]);
      } catch (error) {
        // A query that timed out may still be running on this connection.
        isBroken ||= isLostConnection(error);
        throw error;
      }
    });
  }
  return {
    // Kysely's type has a second form with cursors, for streams, which better-auth doesn't use.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || isBroken),
  };
}

/** Connects, and retries for a while: no query was sent yet, so a retry is safe. */
async function connect(pool: Pool): Promise<PoolClient> {
  const deadline = performance.now() + RETRY_WINDOW_MS;
  for (;;) {
    try {
      return await pool.connect();
    } catch (error) {
      if (!isLostConnection(error) || performance.now() > deadline) throw error;
      await sleep(RETRY_INTERVAL_MS);
    }
  }
}
