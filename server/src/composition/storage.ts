/** What a storage offers, whether it is the folder `DATA_DIR` or PostgreSQL. */
import type { AccountsOptions } from '../adapters/accounts/better-auth-accounts.ts';
import type { Config } from '../config/config.ts';
import type { Accounts } from '../ports/accounts.ts';
import type { ChatChannel } from '../ports/chat-channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import type { Store } from '../store/store.ts';

/** The settings that say where the storage is. */
export type StorageLocation = Pick<Config, 'DATA_DIR'> &
  Partial<Pick<Config, 'DATABASE_URL' | 'DATABASE_POOL'>>;

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

/** Whether a database exists, and how far it is behind this version. */
export interface DatabaseReport {
  exists: boolean;
  /** Names of the migrations that `millrace migrate`, or the next start of the server, would run. */
  pendingMigrations: string[];
  /** Names of the accounts' tables that would be created or changed. */
  pendingAccountTables: string[];
}
