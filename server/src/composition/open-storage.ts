/** Opens the storage: the folder `DATA_DIR`, or PostgreSQL. */
import { SILENT_LOGGER } from '../adapters/system/silent-logger.ts';
import { ConfigError } from '../config/config.ts';
import { ApiKeys } from '../core/api-keys.ts';
import type { Accounts } from '../ports/accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../store/store.ts';
import { hasDataDir, openDataDir } from './data-dir.ts';
import type { ServerAccountsOptions, Storage, StorageLocation } from './storage.ts';

/** The pool of a command, which runs one query at a time. */
const COMMAND_POOL_SIZE = 2;

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
    try {
      await (await accounts)?.close();
    } finally {
      await storage.close();
    }
  }
}

/** Accounts for commands, which accept no sign-ins over HTTP. */
const COMMAND_ACCOUNTS: ServerAccountsOptions = {
  prefix: '',
  publicUrl: null,
  guests: false,
  limits: null,
  setupToken: null,
  logger: SILENT_LOGGER,
};
