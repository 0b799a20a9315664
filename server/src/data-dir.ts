/** What is kept in `DATA_DIR`. */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLocked, SqliteDatabase } from './adapters/store/sqlite-database.ts';
import { createSqliteStore } from './adapters/store/sqlite-store.ts';
import { systemClock } from './adapters/system/clock.ts';
import { createIds } from './adapters/system/ids.ts';
import { secretFromFile } from './adapters/system/secrets.ts';
import type { User } from '@millrace/protocol';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';
import { ApiKeys } from './core/api-keys.ts';
import { ProblemError } from './core/errors.ts';
import type { Accounts } from './ports/accounts.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import type { Logger } from './ports/logger.ts';
import type { Store } from './ports/store.ts';

const DATABASE = 'millrace.db';
export const ACCOUNTS = 'accounts.db';
/** How long a start waits for another process that has locked the database, and how often it asks (ms). */
const START_PATIENCE = 5000;
const START_RETRY_INTERVAL = 100;

const ignore = () => {};
/** Those who call hear of errors by themselves. */
export const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Where the database is that holds all but the accounts; null where there is none yet. */
export function databaseFile({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string | null {
  const file = join(DATA_DIR, DATABASE);
  return existsSync(file) ? file : null;
}

/** What is kept in a folder, while it is open. */
export interface Kept {
  store: Store;
  keys: ApiKeys;
  /** Passwords and sessions. Opened when asked for: few need them, and they are slow to load. */
  accounts: () => Promise<Accounts>;
}

/**
 * Makes the folder if there is none, and migrates what is in it. Of a database file SQLite gives what it makes beside it the same
 * permissions.
 */
export function openDataDir(dataDir: string, dependencies: { clock: Clock; ids: Ids }) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const database = new SqliteDatabase(privateFile(join(dataDir, DATABASE)));
  try {
    const store = createSqliteStore(database, dependencies);
    return { database, store, secret: secretFromFile(join(dataDir, 'secret')) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Makes a file that nobody else on this machine can read, unless it is there. @returns its path */
export function privateFile(path: string): string {
  closeSync(openSync(path, 'a', 0o600));
  return path;
}

/**
 * Waits out the locks of other processes for a while.
 * @throws ConfigError for what the file system or SQLite have against the folder
 */
export async function usingDataDir<Result>(
  dataDir: string,
  open: (dataDir: string) => Result | Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + START_PATIENCE;
  for (;;) {
    try {
      return await open(dataDir);
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

/**
 * Works on what a server keeps, also beside it.
 * @throws ConfigError when nothing is kept there, unless it may be begun
 */
export async function withDataDir<Result>(
  { DATA_DIR }: Pick<Config, 'DATA_DIR'>,
  work: (kept: Kept) => Promise<Result>,
  { mayBegin = false }: { mayBegin?: boolean } = {},
): Promise<Result> {
  if (!mayBegin && databaseFile({ DATA_DIR }) === null) {
    throw new ConfigError(`DATA_DIR (${DATA_DIR}) holds no database.`);
  }
  const ids = createIds(systemClock);
  const opened = await usingDataDir(DATA_DIR, (dataDir) => openDataDir(dataDir, { clock: systemClock, ids }));
  const { database, store, secret } = opened;
  let accounts: Promise<Accounts> | undefined;
  try {
    return await work({
      store,
      keys: new ApiKeys({ store, clock: systemClock }),
      accounts: () => (accounts ??= openAccounts(DATA_DIR, { store, ids, secret })),
    });
  } finally {
    await (await accounts)?.close();
    database.close();
  }
}

async function openAccounts(
  dataDir: string,
  kept: { store: Store; ids: Ids; secret: string },
): Promise<Accounts> {
  const { createAccounts } = await import('./adapters/accounts/better-auth-accounts.ts');
  return usingDataDir(dataDir, () =>
    createAccounts({
      ...kept,
      file: join(dataDir, ACCOUNTS),
      prefix: '',
      publicUrl: null,
      guests: false,
      signInsPerMinute: null,
      setupToken: null,
      logger: SILENT,
    }),
  );
}

/** @throws ProblemError `not_found`, and `invalid_request` where an address is several people's */
export async function userNamed(store: Store, idOrEmail: string): Promise<User> {
  const [user, ...others] = await store.findUsers(idOrEmail);
  if (user === undefined) throw new ProblemError('not_found', `There is no user ${idOrEmail}.`);
  if (others.length === 0) return user;
  const ids = [user, ...others].map(({ id }) => id).join(', ');
  throw new ProblemError('invalid_request', `Several users have the address ${idOrEmail}; name one: ${ids}.`);
}

/** What the database itself says is plainer than what we make of it. */
function messageOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}
