/** The storage in PostgreSQL, with Redis beside it when it is configured. */
import { openPostgresAccounts } from '../adapters/accounts/postgres-accounts.ts';
import { PostgresChatChannel } from '../adapters/event-log/postgres/postgres-chat-channel.ts';
import { PostgresEventLog } from '../adapters/event-log/postgres/postgres-event-log.ts';
import { PostgresListener } from '../adapters/event-log/postgres/postgres-listener.ts';
import { PostgresQuotas } from '../adapters/quotas/postgres-quotas.ts';
import { migrationNames, pendingMigrations } from '../store/migrations/migrate.ts';
import { PostgresDatabase } from '../store/postgres/postgres-database.ts';
import { createPostgresStore } from '../store/postgres/postgres-store.ts';
import { DatabaseClock } from '../adapters/system/database-clock.ts';
import { createIds } from '../adapters/system/ids.ts';
import { findSharedSecret, realmOf, sharedSecret } from '../adapters/system/shared-secret.ts';
import { ConfigError } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { StorageError } from '../core/errors.ts';
import type { Logger } from '../ports/logger.ts';
import { SILENT_LOGGER } from '../adapters/system/silent-logger.ts';
import type { DatabaseReport, Logs, Storage } from './storage.ts';

/** Opens the database and runs pending migrations. @throws ConfigError when it can't be used */
export async function openPostgres(options: {
  url: string;
  connections: number;
  logger: Logger;
}): Promise<Storage> {
  const { logger } = options;
  const database = new PostgresDatabase(options);
  const opened = new AsyncDisposableStack();
  opened.defer(() => database.close());
  try {
    return await whileStarting(async () => {
      const clock = await DatabaseClock.start(() => timeOf(database), logger);
      opened.defer(() => clock.close());
      const ids = createIds(clock);
      const store = await createPostgresStore(database, { clock, ids });
      const secret = await sharedSecret(database);
      return {
        store,
        clock,
        ids,
        secret,
        async openAccounts(accounts) {
          const { createAccounts } = await import('../adapters/accounts/better-auth-accounts.ts');
          const accountsDatabase = openPostgresAccounts({ url: options.url, logger });
          return whileStarting(() => createAccounts({ ...accounts, accountsDatabase, secret, store, ids }));
        },
        openLogs: (config) => openLogs(database, options.url, { config, secret, logger }),
        whileStarting,
        close: () => opened.disposeAsync(),
      };
    });
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Running replies are logged in Redis if it is configured. Chat channels and finished replies are always in PostgreSQL. */
async function openLogs(
  database: PostgresDatabase,
  url: string,
  { config: { REDIS_URL: urls }, secret, logger }: { config: Config; secret: string; logger: Logger },
): Promise<Logs> {
  const listener = new PostgresListener({ url, logger });
  const channel = new PostgresChatChannel({ database, listener, logger });
  const configured =
    urls.length === 0
      ? {
          log: new PostgresEventLog({ database, listener, logger }),
          quotas: new PostgresQuotas(database),
          closeRedis() {},
        }
      : await openRedis(urls, database, { secret, logger });
  await listener.start();
  const { log, quotas } = configured;
  return {
    log,
    channel,
    quotas,
    async close() {
      await channel.close();
      await log.close();
      await listener.close();
      configured.closeRedis();
    },
  };
}

/** A Redis that can't be reached yet doesn't stop the start: the connection is retried while the server runs. */
async function openRedis(
  urls: readonly string[],
  database: PostgresDatabase,
  { secret, logger }: { secret: string; logger: Logger },
) {
  // Imported on demand, so that a server without Redis doesn't load its client.
  const [{ Redis }, { RedisEventLog }, { RedisQuotas }] = await Promise.all([
    import('../adapters/redis/redis.ts'),
    import('../adapters/event-log/redis/redis-event-log.ts'),
    import('../adapters/quotas/redis-quotas.ts'),
  ]);
  const redis = new Redis({ urls, logger });
  const log = new RedisEventLog({ redis, database, logger });
  await redis.open();
  return {
    log,
    quotas: new RedisQuotas({ redis, logger, realm: realmOf(secret) }),
    closeRedis: () => redis.close(),
  };
}

/** Checks that the database can be written to, and which migrations are pending. Changes nothing. @throws ConfigError */
export function inspectPostgres(url: string): Promise<DatabaseReport> {
  return withDatabase(url, async (database) => {
    const all = migrationNames();
    const [state] = await database.query<{ value: string }>(
      "select current_setting('transaction_read_only') as value",
    );
    if (state?.value === 'on') throw new StorageError('The database is read-only.');
    const pending = await database.read(() => pendingMigrations({ db: database.builder }));
    const accounts = await pendingTablesOf(url);
    return {
      exists: pending.length < all.length,
      pendingMigrations: pending,
      pendingAccountTables: accounts,
    };
  });
}

async function pendingTablesOf(url: string): Promise<string[]> {
  const { pendingAccountTables } = await import('../adapters/accounts/better-auth-accounts.ts');
  const accounts = openPostgresAccounts({ url, logger: SILENT_LOGGER });
  try {
    return await pendingAccountTables(accounts.database);
  } finally {
    await accounts.close();
  }
}

/** The secret that servers on this database share; null when no server has started on it. @throws ConfigError */
export function findSecret(url: string): Promise<string | null> {
  return withDatabase(url, findSharedSecret);
}

async function withDatabase<Result>(
  url: string,
  work: (database: PostgresDatabase) => Promise<Result>,
): Promise<Result> {
  const database = new PostgresDatabase({ url, connections: 1, logger: SILENT_LOGGER });
  try {
    return await whileStarting(() => work(database));
  } finally {
    await database.close();
  }
}

async function timeOf(database: PostgresDatabase): Promise<number> {
  const [row] = await database.query<{ time: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as time',
  );
  if (row === undefined) throw new Error('The database returned no time');
  return row.time;
}

async function whileStarting<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    // The message of the database itself is more precise than that of our wrapper.
    const reason = cause instanceof StorageError ? cause.cause : cause;
    const isDriverError = reason instanceof Error && 'code' in reason;
    if (!isDriverError && !(cause instanceof StorageError)) throw cause;
    const message = reason instanceof Error ? reason.message : String(reason);
    throw new ConfigError(`DATABASE_URL cannot be used: ${message}`, { cause });
  }
}
