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
/** Of one node. Of its own: who holds one across awaits must not keep the store waiting, which a sign-up asks. */
const CONNECTIONS = 4;
/** As the store's (ms). */
const ANSWER_TIMEOUT = 12_000;
const CONNECTION_TIMEOUT = 5000;
/** How long a database that can't be reached is tried anew, and how often (ms). */
const PATIENCE = 3000;
const RETRY_INTERVAL = 100;

/** Accounts in a schema of their own, beside everything else. */
export function openPostgresAccounts({ url, logger }: { url: string; logger: Logger }): AccountsDatabase {
  const refusals = new Refusals();
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    application_name: 'millrace accounts',
    query_timeout: ANSWER_TIMEOUT,
    connectionTimeoutMillis: CONNECTION_TIMEOUT,
    keepAlive: true,
    verify: verifyConnection(),
  });
  handleLostConnections(pool, logger);
  const kysely = new Kysely<Record<string, never>>({
    dialect: new PostgresDialect({ pool: watched(pool, refusals) }),
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

/** Notes what was refused, says so as others do, and waits for a database that is only restarting. */
function watched(pool: Pool, refusals: Refusals): PostgresPool {
  const noting = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      const refusal = asStorageError(error);
      refusals.note(refusal);
      throw refusal;
    }
  };
  return {
    options: pool.options,
    connect: () => noting(async () => watchedClient(await connect(pool), noting)),
    end: () => pool.end(),
  };
}

function watchedClient(
  client: PoolClient,
  noting: <Result>(work: () => Promise<Result>) => Promise<Result>,
): PostgresPoolClient {
  let isBroken = false;
  function query<Row extends QueryResultRow>(text: string, parameters: readonly unknown[]) {
    return noting(async () => {
      try {
        return await client.query<Row>(text, [...parameters]);
      } catch (error) {
        // What has timed out may still be under way there.
        isBroken ||= isLostConnection(error);
        throw error;
      }
    });
  }
  return {
    // Of its two forms the one without cursors, which are for streams.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || isBroken),
  };
}

/** Nothing has been asked yet: so it may be tried again. */
async function connect(pool: Pool): Promise<PoolClient> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await pool.connect();
    } catch (error) {
      if (!isLostConnection(error) || performance.now() > deadline) throw error;
      await sleep(RETRY_INTERVAL);
    }
  }
}
