/** Opens the storage: the folder `DATA_DIR`, or PostgreSQL. */
import type { AccountsOptions } from '../adapters/accounts/better-auth-accounts.ts';
import { SILENT_LOGGER } from '../adapters/system/silent-logger.ts';
import { ConfigError } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { ApiKeys } from '../core/api-keys.ts';
import type { Accounts } from '../ports/accounts.ts';
import type { ChatChannel } from '../ports/chat-channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import type { Store } from '../store/store.ts';
import { hasDataDir, openDataDir } from './data-dir.ts';

/** The settings that say where the storage is. */
export type StorageLocation = Pick<Config, 'DATA_DIR'> &
  Partial<Pick<Config, 'DATABASE_URL' | 'DATABASE_POOL'>>;

/** The pool of a command, which runs one query at a time. */
const COMMAND_POOL_SIZE = 2;

/** The open storage of a server. */
export interface Storage {
  readonly store: Store;
  /** The clock of all servers that share this storage. */
  readonly clock: Clock;
  readonly ids: Ids;
  /** Shared by the servers of this storage, and by nothing else. */
  readonly secret: string;
  /** Opens passwords and sessions. They load slowly, so a command that doesn't need them never calls this. */
  openAccounts(options: ServerAccountsOptions): Promise<Accounts>;
  openLogs(config: Config, logger: Logger): Promise<Logs>;
  /** Runs work that may meet another process's lock, and retries it for a while. @throws ConfigError when the storage can't be used */
  readonly whileStarting: <Result>(work: () => Promise<Result>) => Promise<Result>;
  close(): Promise<void>;
}

/** Options of accounts, without the parts that the storage has itself. */
export type ServerAccountsOptions = Omit<AccountsOptions, 'accountsDatabase' | 'secret' | 'store' | 'ids'>;

export interface Logs {
  log: EventLog;
  channel: ChatChannel;
  quotas: QuotaCounters;
  close(): Promise<void>;
}

/** Opens the storage; creates it if it doesn't exist, and migrates it otherwise. @throws ConfigError when it can't be used */
export async function openStorage(
  { DATA_DIR, DATABASE_URL: url = null, DATABASE_POOL: connections = COMMAND_POOL_SIZE }: StorageLocation,
  logger: Logger,
): Promise<Storage> {
  if (url === null) return openDataDir(DATA_DIR);
  // Imported on demand, so that a server on SQLite doesn't load the PostgreSQL driver.
  const { openPostgres } = await import('./postgres-storage.ts');
  return openPostgres({ url, connections, logger });
}

/** The storage as commands use it, also while a server runs. */
export interface StorageHandle {
  store: Store;
  clock: Clock;
  keys: ApiKeys;
  accounts: () => Promise<Accounts>;
}

/**
 * Runs work on the storage of a server, also while the server runs.
 * @throws ConfigError when there is no storage and `canCreate` isn't set
 */
export async function withStorage<Result>(
  location: StorageLocation,
  work: (handle: StorageHandle) => Promise<Result>,
  { canCreate = false }: { canCreate?: boolean } = {},
): Promise<Result> {
  const { DATA_DIR, DATABASE_URL = null } = location;
  if (!canCreate && DATABASE_URL === null && !hasDataDir(DATA_DIR)) {
    throw new ConfigError(
      `DATA_DIR (${DATA_DIR}) holds no database. Start the server once, or name another folder.`,
    );
  }
  const storage = await openStorage(location, SILENT_LOGGER);
  const { store, clock } = storage;
  let accounts: Promise<Accounts> | undefined;
  try {
    return await work({
      store,
      clock,
      keys: new ApiKeys({ store, clock }),
      accounts: () => (accounts ??= storage.openAccounts(COMMAND_ACCOUNTS)),
    });
  } finally {
    await (await accounts)?.close();
    await storage.close();
  }
}

/** Accounts for commands: nobody signs in to them over HTTP. */
const COMMAND_ACCOUNTS: ServerAccountsOptions = {
  prefix: '',
  publicUrl: null,
  guests: false,
  limits: null,
  setupToken: null,
  logger: SILENT_LOGGER,
};
