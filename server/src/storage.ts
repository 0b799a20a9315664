/** Where everything is kept: in the folder `DATA_DIR`, or in PostgreSQL. */
import type { User } from '@millrace/protocol';
import type { AccountsOptions } from './adapters/accounts/better-auth-accounts.ts';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';
import { ApiKeys } from './core/api-keys.ts';
import { ProblemError } from './core/errors.ts';
import type { Accounts } from './ports/accounts.ts';
import type { ChatChannel } from './ports/chat-channel.ts';
import type { Clock } from './ports/clock.ts';
import type { EventLog } from './ports/event-log.ts';
import type { Ids } from './ports/ids.ts';
import type { Logger } from './ports/logger.ts';
import type { QuotaCounters } from './ports/quota-counters.ts';
import type { Store } from './ports/store.ts';
import { hasDataDir, openDataDir } from './data-dir.ts';

/** The settings that say where. */
export type Place = Pick<Config, 'DATA_DIR'> & Partial<Pick<Config, 'DATABASE_URL' | 'DATABASE_POOL'>>;

/** Connections of whoever does but one thing at a time. */
const FEW = 2;

/** What is kept, while it is open. */
export interface Storage {
  readonly store: Store;
  /** By which all that share it date what they write. */
  readonly clock: Clock;
  readonly ids: Ids;
  /** Of all servers that share it, and of nobody else. */
  readonly secret: string;
  /** Passwords and sessions. Slow to load, and few need them. */
  openAccounts(options: NewAccounts): Promise<Accounts>;
  openLogs(config: Config, logger: Logger): Promise<Logs>;
  /** Waits out, for a while, what others do to it at the same time. @throws ConfigError for what it has against its settings */
  whileStarting<Result>(work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Those it has itself aside. */
export type NewAccounts = Omit<AccountsOptions, 'kept' | 'secret' | 'store' | 'ids'>;

export interface Logs {
  log: EventLog;
  channel: ChatChannel;
  quotas: QuotaCounters;
  close(): Promise<void>;
}

/** Migrates what is there, and begins it where there is nothing. @throws ConfigError when it can't be used */
export async function openStorage(
  { DATA_DIR, DATABASE_URL: url = null, DATABASE_POOL: connections = FEW }: Place,
  logger: Logger,
): Promise<Storage> {
  if (url === null) return openDataDir(DATA_DIR);
  // Loaded only where it is wanted.
  const { openPostgres } = await import('./postgres-storage.ts');
  return openPostgres({ url, connections, logger });
}

const ignore = () => {};
/** Those who call hear of errors by themselves. */
export const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** What is kept, for whoever works on it beside a server. */
export interface Kept {
  store: Store;
  keys: ApiKeys;
  accounts: () => Promise<Accounts>;
}

/**
 * Works on what a server keeps, also beside it.
 * @throws ConfigError when nothing is kept there, unless it may be begun
 */
export async function withStorage<Result>(
  place: Place,
  work: (kept: Kept) => Promise<Result>,
  { mayBegin = false }: { mayBegin?: boolean } = {},
): Promise<Result> {
  const { DATA_DIR, DATABASE_URL = null } = place;
  if (!mayBegin && DATABASE_URL === null && !hasDataDir(DATA_DIR)) {
    throw new ConfigError(`DATA_DIR (${DATA_DIR}) holds no database.`);
  }
  const storage = await openStorage(place, SILENT);
  const { store, clock } = storage;
  let accounts: Promise<Accounts> | undefined;
  try {
    return await work({
      store,
      keys: new ApiKeys({ store, clock }),
      accounts: () => (accounts ??= storage.openAccounts(UNSERVED)),
    });
  } finally {
    await (await accounts)?.close();
    await storage.close();
  }
}

/** Accounts that nobody signs in to. */
const UNSERVED: NewAccounts = {
  prefix: '',
  publicUrl: null,
  guests: false,
  limits: null,
  setupToken: null,
  logger: SILENT,
};

/** @throws ProblemError `not_found`, and `invalid_request` where an address is several people's */
export async function userNamed(store: Store, idOrEmail: string): Promise<User> {
  const [user, ...others] = await store.findUsers(idOrEmail);
  if (user === undefined) throw new ProblemError('not_found', `There is no user ${idOrEmail}.`);
  if (others.length === 0) return user;
  const ids = [user, ...others].map(({ id }) => id).join(', ');
  throw new ProblemError('invalid_request', `Several users have the address ${idOrEmail}; name one: ${ids}.`);
}
