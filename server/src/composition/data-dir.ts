/** The storage in `DATA_DIR`: two SQLite databases and a secret. */
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteAccounts, openSqliteAccountsReadOnly } from '../adapters/accounts/sqlite-accounts.ts';
import { SqliteChatChannel } from '../adapters/event-log/sqlite/sqlite-chat-channel.ts';
import { SqliteEventLog } from '../adapters/event-log/sqlite/sqlite-event-log.ts';
import { MemoryQuotas } from '../adapters/quotas/memory-quotas.ts';
import { migrationNames, pendingMigrations } from '../store/migrations/migrate.ts';
import type { Transaction } from '../store/transaction.ts';
import { isLocked, SqliteDatabase } from '../store/sqlite/sqlite-database.ts';
import { createSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { createIds } from '../adapters/system/ids.ts';
import { createPrivateFolder } from '../adapters/system/private-folder.ts';
import { secretFromFile } from '../adapters/system/secrets.ts';
import { ConfigError } from '../config/config.ts';
import type { DatabaseReport, Storage } from './storage.ts';

/** How long a start waits for another process that has locked the database. */
const LOCK_TIMEOUT_MS = 5000;
const LOCK_RETRY_INTERVAL_MS = 100;

const databaseFile = (dataDir: string) => join(dataDir, 'millrace.db');
const accountsFile = (dataDir: string) => join(dataDir, 'accounts.db');
const secretFile = (dataDir: string) => join(dataDir, 'secret');

/** Whether the folder holds a database. */
export function hasDataDir(dataDir: string): boolean {
  return existsSync(databaseFile(dataDir));
}

/**
 * Opens the databases of a folder, and creates or migrates them where needed. SQLite gives the files beside a database (`-wal`,
 * `-shm`) the same permissions as the database.
 * @throws ConfigError when the folder can't be used
 */
export async function openDataDir(dataDir: string): Promise<Storage> {
  const clock = systemClock;
  const ids = createIds(clock);
  const { database, store, secret } = await usingDataDir(dataDir, () => {
    createPrivateFolder(dataDir);
    const opened = new SqliteDatabase(createPrivateFile(databaseFile(dataDir)));
    try {
      return {
        database: opened,
        store: createSqliteStore(opened, { clock, ids }),
        secret: secretFromFile(secretFile(dataDir)),
      };
    } catch (error) {
      opened.close();
      throw error;
    }
  });
  return {
    store,
    clock,
    ids,
    secret,
    async openAccounts(options) {
      const { createAccounts } = await import('../adapters/accounts/better-auth-accounts.ts');
      return usingDataDir(dataDir, () => {
        const accountsDatabase = openSqliteAccounts(createPrivateFile(accountsFile(dataDir)));
        return createAccounts({ ...options, accountsDatabase, secret, store, ids });
      });
    },
    async openLogs(_config, logger) {
      const log = new SqliteEventLog(database, logger);
      const channel = new SqliteChatChannel(database, logger);
      const close = async () => {
        await channel.close();
        await log.close();
      };
      return { log, channel, quotas: new MemoryQuotas(), close };
    },
    whileStarting: (work) => usingDataDir(dataDir, work),
    close: async () => database.close(),
  };
}

/** Checks that the databases can be opened and written to, and which migrations are pending. Changes nothing. @throws ConfigError, StorageError */
export async function inspectDataDir(dataDir: string): Promise<DatabaseReport> {
  const { pendingAccountTables: pendingTablesIn } =
    await import('../adapters/accounts/better-auth-accounts.ts');
  const accounts = openSqliteAccountsReadOnly(accountsFile(dataDir));
  const pendingAccountTables = await pendingTablesIn(accounts).finally(() => accounts.close());
  if (!hasDataDir(dataDir)) {
    return { exists: false, pendingMigrations: migrationNames(), pendingAccountTables };
  }
  const database = await usingDataDir(dataDir, () => new SqliteDatabase(databaseFile(dataDir)));
  try {
    const pending = await database.read(() => pendingMigrations({ db: database.builder }));
    database.writeNow(emptyWrite());
    return { exists: true, pendingMigrations: pending, pendingAccountTables };
  } finally {
    database.close();
  }
}

/** Takes the write lock and writes nothing: enough to learn whether the database can be written to. */
function* emptyWrite(): Transaction<void> {}

/** The secret of a folder; null when no server has run there. */
export function findDataDirSecret(dataDir: string): string | null {
  const file = secretFile(dataDir);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

/** Creates a file that only its owner can read, unless it exists. @returns its path */
function createPrivateFile(path: string): string {
  closeSync(openSync(path, 'a', 0o600));
  return path;
}

/**
 * Runs work, and retries it for a while when another process has locked the database.
 * @throws ConfigError for errors of the file system or of SQLite
 */
async function usingDataDir<Result>(dataDir: string, work: () => Result | Promise<Result>): Promise<Result> {
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  for (;;) {
    try {
      return await work();
    } catch (cause) {
      if (isLocked(cause) && performance.now() < deadline) {
        await sleep(LOCK_RETRY_INTERVAL_MS);
        continue;
      }
      if (!(cause instanceof Error && 'code' in cause)) throw cause;
      throw new ConfigError(`DATA_DIR cannot be used (${dataDir}): ${rootMessageOf(cause)}`, { cause });
    }
  }
}

/** The message of the database itself, which is more precise than that of our wrapper. */
function rootMessageOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}
