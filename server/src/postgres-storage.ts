/** What is kept in PostgreSQL. */
import { openPostgresAccounts } from './adapters/accounts/postgres-accounts.ts';
import { PostgresChatChannel } from './adapters/event-log/postgres/postgres-chat-channel.ts';
import { PostgresEventLog } from './adapters/event-log/postgres/postgres-event-log.ts';
import { PostgresListener } from './adapters/event-log/postgres/postgres-listener.ts';
import { PostgresQuotas } from './adapters/quotas/postgres-quotas.ts';
import { migrationNames, pendingMigrations } from './store/migrations/migrate.ts';
import { PostgresDatabase } from './store/postgres/postgres-database.ts';
import { createPostgresStore } from './store/postgres/postgres-store.ts';
import { DatabaseClock } from './adapters/system/database-clock.ts';
import { createIds } from './adapters/system/ids.ts';
import { findSharedSecret, realmOf, sharedSecret } from './adapters/system/shared-secret.ts';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';
import { StorageError } from './core/errors.ts';
import type { DatabaseReport } from './inspect-database.ts';
import type { Logger } from './ports/logger.ts';
import { SILENT } from './storage.ts';
import type { Logs, Storage } from './storage.ts';

/** Migrates what is there. @throws ConfigError when it can't be used */
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
          const { createAccounts } = await import('./adapters/accounts/better-auth-accounts.ts');
          const kept = openPostgresAccounts({ url: options.url, logger });
          return whileStarting(() => createAccounts({ ...accounts, kept, secret, store, ids }));
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

/** In Redis where there is one; the chat channel, and what has ended, are PostgreSQL's in any case. */
async function openLogs(
  database: PostgresDatabase,
  url: string,
  { config: { REDIS_URL: urls }, secret, logger }: { config: Config; secret: string; logger: Logger },
): Promise<Logs> {
  const listener = new PostgresListener({ url, logger });
  const channel = new PostgresChatChannel({ database, listener, logger });
  const rest =
    urls.length === 0
      ? {
          log: new PostgresEventLog({ database, listener, logger }),
          quotas: new PostgresQuotas(database),
          closeRedis() {},
        }
      : await openRedis(urls, database, { secret, logger });
  await listener.start();
  const { log, quotas } = rest;
  return {
    log,
    channel,
    quotas,
    async close() {
      await channel.close();
      await log.close();
      await listener.close();
      rest.closeRedis();
    },
  };
}

/** One that isn't there yet is waited for while the server runs. */
async function openRedis(
  urls: readonly string[],
  database: PostgresDatabase,
  { secret, logger }: { secret: string; logger: Logger },
) {
  // Loaded only where it is wanted.
  const [{ Redis }, { RedisEventLog }, { RedisQuotas }] = await Promise.all([
    import('./adapters/redis/redis.ts'),
    import('./adapters/event-log/redis/redis-event-log.ts'),
    import('./adapters/quotas/redis-quotas.ts'),
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

/** Looks at a database, and whether it can be written to. Changes nothing. @throws ConfigError */
export function inspectPostgres(url: string): Promise<DatabaseReport> {
  return visit(url, async (database) => {
    const all = migrationNames();
    const [state] = await database.query<{ value: string }>(
      "select current_setting('transaction_read_only') as value",
    );
    if (state?.value === 'on') throw new StorageError('The database is read-only.');
    const pending = await database.read(() => pendingMigrations(database.builder));
    const accounts = await pendingTablesOf(url);
    return {
      exists: pending.length < all.length,
      pendingMigrations: pending,
      pendingAccountTables: accounts,
    };
  });
}

async function pendingTablesOf(url: string): Promise<string[]> {
  const { pendingAccountTables } = await import('./adapters/accounts/better-auth-accounts.ts');
  const accounts = openPostgresAccounts({ url, logger: SILENT });
  try {
    return await pendingAccountTables(accounts.database);
  } finally {
    await accounts.close();
  }
}

/** The secret of the servers that share a database; null where none has begun. @throws ConfigError */
export function findSecret(url: string): Promise<string | null> {
  return visit(url, findSharedSecret);
}

async function visit<Result>(
  url: string,
  work: (database: PostgresDatabase) => Promise<Result>,
): Promise<Result> {
  const database = new PostgresDatabase({ url, connections: 1, logger: SILENT });
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
  if (row === undefined) throw new Error('The database has no time');
  return row.time;
}

async function whileStarting<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    // What the database itself says is plainer than what we make of it.
    const reason = cause instanceof StorageError ? cause.cause : cause;
    const isOurs = !(reason instanceof Error && 'code' in reason);
    if (isOurs && !(cause instanceof StorageError)) throw cause;
    const said = reason instanceof Error ? reason.message : String(reason);
    throw new ConfigError(`DATABASE_URL cannot be used: ${said}`, { cause });
  }
}
