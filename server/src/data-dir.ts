/** What is kept in `DATA_DIR`. */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteAccounts } from './adapters/accounts/sqlite-accounts.ts';
import { SqliteChatChannel } from './adapters/event-log/sqlite/sqlite-chat-channel.ts';
import { SqliteEventLog } from './adapters/event-log/sqlite/sqlite-event-log.ts';
import { MemoryQuotas } from './adapters/quotas/memory-quotas.ts';
import { isLocked, SqliteDatabase } from './store/sqlite/sqlite-database.ts';
import { createSqliteStore } from './store/sqlite/sqlite-store.ts';
import { systemClock } from './adapters/system/clock.ts';
import { createIds } from './adapters/system/ids.ts';
import { secretFromFile } from './adapters/system/secrets.ts';
import { ConfigError } from './config.ts';
import type { Storage } from './storage.ts';

const DATABASE = 'millrace.db';
const ACCOUNTS = 'accounts.db';
const SECRET = 'secret';
/** How long a start waits for another process that has locked the database, and how often it asks (ms). */
const START_PATIENCE = 5000;
const START_RETRY_INTERVAL = 100;

export const databaseFile = (dataDir: string) => join(dataDir, DATABASE);
export const accountsFile = (dataDir: string) => join(dataDir, ACCOUNTS);
export const secretFile = (dataDir: string) => join(dataDir, SECRET);

/** Whether a server has begun to keep anything there. */
export function hasDataDir(dataDir: string): boolean {
  return existsSync(databaseFile(dataDir));
}

/**
 * Makes the folder if there is none, and migrates what is in it. Of a database file SQLite gives what it makes beside it the same
 * permissions.
 * @throws ConfigError
 */
export async function openDataDir(dataDir: string): Promise<Storage> {
  const clock = systemClock;
  const ids = createIds(clock);
  const { database, store, secret } = await usingDataDir(dataDir, () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const opened = new SqliteDatabase(privateFile(databaseFile(dataDir)));
    try {
      const kept = createSqliteStore(opened, { clock, ids });
      return { database: opened, store: kept, secret: secretFromFile(secretFile(dataDir)) };
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
      const { createAccounts } = await import('./adapters/accounts/better-auth-accounts.ts');
      return usingDataDir(dataDir, () => {
        const kept = openSqliteAccounts(privateFile(accountsFile(dataDir)));
        return createAccounts({ ...options, kept, secret, store, ids });
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

/** Makes a file that nobody else on this machine can read, unless it is there. @returns its path */
function privateFile(path: string): string {
  closeSync(openSync(path, 'a', 0o600));
  return path;
}

/**
 * Waits out the locks of other processes for a while.
 * @throws ConfigError for what the file system or SQLite have against the folder
 */
export async function usingDataDir<Result>(
  dataDir: string,
  open: () => Result | Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + START_PATIENCE;
  for (;;) {
    try {
      return await open();
    } catch (cause) {
      if (isLocked(cause) && performance.now() < deadline) {
        await sleep(START_RETRY_INTERVAL);
        continue;
      }
      if (!(cause instanceof Error && 'code' in cause)) throw cause;
      throw new ConfigError(`DATA_DIR cannot be used (${dataDir}): ${messageOf(cause)}`, { cause });
    }
  }
}

/** What the database itself says is plainer than what we make of it. */
function messageOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}
