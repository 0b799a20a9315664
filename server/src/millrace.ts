import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { createAccounts } from './adapters/accounts/better-auth-accounts.ts';
import { createHostTokens } from './adapters/accounts/jwt-host-tokens.ts';
import { SqliteEventLog } from './adapters/event-log/sqlite-event-log.ts';
import { GeminiProvider } from './adapters/models/gemini/gemini-provider.ts';
import { SqliteDatabase } from './adapters/store/sqlite-database.ts';
import { createSqliteStore } from './adapters/store/sqlite-store.ts';
import { systemClock } from './adapters/system/clock.ts';
import { createIds } from './adapters/system/ids.ts';
import { newToken, secretFromFile } from './adapters/system/secrets.ts';
import { isLoopback } from './config.ts';
import type { Config } from './config.ts';
import { Engine } from './core/engine.ts';
import { housekeep } from './core/housekeeping.ts';
import { createApp } from './http/app.ts';
import { Metrics } from './http/metrics.ts';
import { ReaderPool } from './http/sse/reader-pool.ts';
import type { Logger } from './ports/logger.ts';

const HOUSEKEEPING_INTERVAL = 3_600_000;
/** What a browser on this machine may call it; any other name would be a foreign page that rebound its own to us. */
const LOOPBACK_HOSTS = ['localhost:*', '127.0.0.1:*', '[::1]:*'];
/** Of the grace of a shutdown, what is left to write down the replies it interrupts (ms). */
const SETTLING_TIME = 1000;

export interface MillraceOptions {
  config: Config;
  logger: Logger;
  version: string;
  /** The built web app; null serves none. */
  webRoot: string | null;
  /** Starts the demo model when there is no API key. */
  startDemoModel(): Promise<DemoModel>;
}

export interface DemoModel {
  url: string;
  close(): Promise<void>;
}

/** A whole server, put together but not yet listening. */
export interface Millrace {
  server: Server;
  isDemo: boolean;
  /** What the first sign-up must bring to become the administrator; null when nothing is asked, or there is one. */
  setupToken: string | null;
  /** Lets running replies finish within `SHUTDOWN_GRACE`, interrupts the rest, and closes everything. */
  close(): Promise<void>;
}

/** The composition root: the only file that names concrete adapters. */
export async function createMillrace(options: MillraceOptions): Promise<Millrace> {
  const { config, logger, version, webRoot } = options;
  mkdirSync(config.DATA_DIR, { recursive: true, mode: 0o700 });
  const clock = systemClock;
  const ids = createIds(clock);
  const database = new SqliteDatabase(join(config.DATA_DIR, 'millrace.db'));
  const store = createSqliteStore(database, { clock, ids });
  const log = new SqliteEventLog(database);

  const isDemo = config.AI_PROVIDER === 'gemini' && config.GEMINI_API_KEY === null;
  const demo = isDemo ? await options.startDemoModel() : null;
  const models =
    config.AI_PROVIDER === 'none'
      ? null
      : new GeminiProvider({
          apiKey: config.GEMINI_API_KEY ?? 'demo',
          baseUrl: demo?.url ?? config.GEMINI_BASE_URL,
          idleTimeout: config.MODEL_IDLE_TIMEOUT,
          clock,
          logger,
        });

  const needsSetupToken = !isLoopback(config.HOST);
  const setupToken = needsSetupToken ? newToken() : null;
  const accounts = await createAccounts({
    file: join(config.DATA_DIR, 'accounts.db'),
    secret: secretFromFile(join(config.DATA_DIR, 'secret')),
    publicUrl: config.PUBLIC_URL,
    hosts: isLoopback(config.HOST) ? LOOPBACK_HOSTS : ['*'],
    origins: config.CORS_ORIGINS,
    guests: config.GUESTS,
    signInsPerMinute: config.SIGN_INS_PER_MINUTE,
    setupToken,
    store,
    ids,
    logger,
  });

  const engine = new Engine(
    { store, log, models, clock, ids, logger },
    {
      defaultModel: config.GEMINI_MODEL,
      systemPrompt: config.SYSTEM_PROMPT,
      contextMessages: config.CONTEXT_MESSAGES,
      maxOutputTokens: config.MAX_OUTPUT_TOKENS,
      budgets: {
        user: config.DEFAULT_TOKEN_LIMIT,
        guest: config.GUEST_TOKEN_LIMIT,
        total: config.TOTAL_TOKEN_LIMIT,
      },
    },
  );
  await engine.recover();

  const keepHouse = async () => {
    try {
      await housekeep({ store, log, accounts, clock }, { eventsKeptFor: config.EVENTS_KEPT_FOR });
    } catch (error) {
      logger.error({ err: error }, 'housekeeping failed; it will be tried again');
    }
  };
  await keepHouse();
  const housekeeping = setInterval(() => void keepHouse(), HOUSEKEEPING_INTERVAL).unref();

  const readers = new ReaderPool(config.HEARTBEAT_MS);
  const metrics = new Metrics({
    runningReplies: () => engine.runningReplies,
    openReaders: () => readers.size,
  });
  const app = createApp({
    engine,
    store,
    models,
    accounts,
    hostTokens: hostTokensOf(config),
    readers,
    metrics,
    logger,
    settings: {
      maxMessageChars: config.MAX_MESSAGE_CHARS,
      corsOrigins: config.CORS_ORIGINS,
      trustedProxies: config.TRUST_PROXY,
      guests: config.GUESTS,
      guestsPerHour: config.GUESTS_PER_IP_PER_HOUR,
      defaultModel: config.GEMINI_MODEL,
      isDemo,
      needsSetupToken,
      webRoot,
      version,
    },
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;

  return {
    server,
    isDemo,
    setupToken: (await store.hasAdministrator()) ? null : setupToken,
    async close() {
      clearInterval(housekeeping);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await engine.shutDown(AbortSignal.timeout(Math.max(0, config.SHUTDOWN_GRACE - SETTLING_TIME)));
      await log.close();
      server.closeAllConnections();
      await closed;
      readers.close();
      await models?.close();
      await demo?.close();
      await accounts.close();
      database.close();
    },
  };
}

function hostTokensOf(config: Config) {
  if (config.JWT_SECRET !== null) return createHostTokens({ secret: config.JWT_SECRET });
  if (config.JWKS_URL !== null) return createHostTokens({ jwksUrl: new URL(config.JWKS_URL) });
  return null;
}
