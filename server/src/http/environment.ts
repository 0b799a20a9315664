import type { HttpBindings } from '@hono/node-server';
import type { Models, User } from '@millrace/protocol';
import type { Context } from 'hono';
import type { ApiKeys } from '../core/api-keys.ts';
import type { Engine } from '../core/engine.ts';
import type { HostUsers } from '../core/host-users.ts';
import type { Shares } from '../core/shares.ts';
import type { Accounts, JwtVerifier } from '../ports/accounts.ts';
import type { ChatChannel } from '../ports/chat-channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import type { Store } from '../store/store.ts';
import type { TokenCounter } from '../ports/token-counter.ts';
import type { Authentication } from './auth/authentication.ts';
import type { Metrics } from './metrics.ts';
import type { ReaderPool } from './sse/reader-pool.ts';

/** The Hono environment of every request. */
export interface Environment {
  /** Empty if the host application calls us with Fetch API requests. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** The request's path below our prefix; unset for paths outside the prefix. */
    path?: string;
    user: User;
  };
}

export type AppContext = Context<Environment>;

export interface HttpSettings {
  /** The path prefix of the API and the app, such as `/chat`; empty for none. */
  prefix: string;
  maxMessageChars: number;
  /** The limits that `GET /api/models` reports, and that the routes enforce. */
  limits: Models['limits'];
  /** Origins whose pages may read our responses. */
  corsOrigins: readonly string[];
  /** Origins whose pages may change data with a cookie: `corsOrigins`, and our own origin if it is known. */
  trustedOrigins: readonly string[];
  /** Accepted values of a request's `Host`, besides loopback names; null accepts any. */
  hostnames: readonly string[] | null;
  /** Whether a connection from this machine may come from a proxy. */
  isProxied: boolean;
  /** The number of proxies in front of us that append to `x-forwarded-for`; null for none. */
  trustedProxies: number | null;
  guests: boolean;
  guestsPerHour: number | null;
  /** The minimum time between two new replies of one user; null for none. */
  messageGapMs: number | null;
  /** The maximum number of new replies per user and minute; null for no limit. */
  repliesPerMinute: number | null;
  /** When a next-hook reply without a reader stops (ms): next-hook clients stop a reply by disconnecting. Null for never. */
  stopOnDisconnectAfterMs: number | null;
  /** Null for no limit. */
  maxChatsPerUser: number | null;
  defaultModel: string;
  isDemo: boolean;
  /** Whether the first sign-up needs the set-up token while there is no administrator. */
  needsSetupToken: boolean;
  /** The built web app; null serves none. */
  webRoot: string | null;
  version: string;
}

/** The services and settings that the routes use. */
export interface HttpDependencies {
  engine: Engine;
  channel: ChatChannel;
  store: Store;
  keys: ApiKeys;
  shares: Shares;
  clock: Clock;
  /** Creates an id that cannot be guessed. */
  newMediaId: () => string;
  models: Pick<ModelProvider, 'name' | 'models'> | null;
  /** Null if `models` is null. */
  counter: TokenCounter | null;
  /** Null if the host application authenticates all users. */
  accounts: Accounts | null;
  authentication: Authentication | null;
  hostUsers: HostUsers;
  jwtVerifier: JwtVerifier | null;
  quotas: QuotaCounters;
  readers: ReaderPool;
  metrics: Metrics;
  logger: Logger;
  /** Whether the pass was created by the operator of this server and is still valid. */
  isOperatorPass: (pass: string) => boolean;
  settings: HttpSettings;
}
