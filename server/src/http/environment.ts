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
import type { Authentication } from './auth/host-authenticator.ts';
import type { Metrics } from './metrics.ts';
import type { Route } from './route.ts';
import type { ReaderPool } from './sse/reader-pool.ts';

/** What a request carries through the app. */
export interface Environment {
  /** Empty where a host gives us requests of the Fetch API alone. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** Of the request, below our prefix; unset outside of it. */
    path?: string;
    /** The route that answers the request. */
    route?: Route;
    user: User;
    credential: 'token' | 'key' | 'cookie';
  };
}

export type AppContext = Context<Environment>;

export interface HttpSettings {
  /** The path all of this is under, such as `/chat`; empty for none. */
  prefix: string;
  maxMessageChars: number;
  /** Files of one message. */
  maxAttachments: number;
  maxAttachmentBytes: number;
  /** Of a text file, in UTF-16 units. */
  maxAttachmentChars: number;
  /** The longest reply (tokens). */
  maxOutputTokens: number;
  /** The limits that the app gets. */
  limits: Models['limits'];
  /** Origins whose pages may read our answers. */
  corsOrigins: readonly string[];
  /** Those, and our own as far as it is known: the origins whose pages may change something by a cookie. */
  trustedOrigins: readonly string[];
  /** What a request's `Host` may be besides loopback; null takes any. */
  hostnames: readonly string[] | null;
  /** Whether a connection from this machine may be a proxy's. */
  isProxied: boolean;
  /** How many proxies in front of us add to `x-forwarded-for`; null for none. */
  trustedProxies: number | null;
  guests: boolean;
  guestsPerHour: number | null;
  /** The least time between two new replies of one user (ms); null for none. */
  messageGap: number | null;
  /** New replies of one user; null for any number. */
  repliesPerMinute: number | null;
  /** As for all, but of dialect B's replies, whose clients stop by leaving (ms). */
  stopOnDisconnectAfterMs: number | null;
  /** Null for any number. */
  maxChatsPerUser: number | null;
  defaultModel: string;
  isDemo: boolean;
  /** Whether the first sign-up needs the set-up token while there is no administrator. */
  needsSetupToken: boolean;
  /** The built web app; null serves none. */
  webRoot: string | null;
  version: string;
}

/** What the routes work with. */
export interface HttpDependencies {
  engine: Engine;
  channel: ChatChannel;
  store: Store;
  keys: ApiKeys;
  shares: Shares;
  clock: Clock;
  /** What nobody guesses. */
  newMediaId: () => string;
  models: Pick<ModelProvider, 'name' | 'models'> | null;
  /** Null like the models. */
  counter: TokenCounter | null;
  /** Null where the host application alone knows who is calling. */
  accounts: Accounts | null;
  authentication: Authentication | null;
  hostUsers: HostUsers;
  jwtVerifier: JwtVerifier | null;
  quotas: QuotaCounters;
  readers: ReaderPool;
  metrics: Metrics;
  logger: Logger;
  /** Whether whoever runs the server made it. */
  isOperatorPass: (pass: string) => boolean;
  settings: HttpSettings;
}
