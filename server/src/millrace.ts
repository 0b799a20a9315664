import { existsSync, mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { createAccounts } from './adapters/accounts/better-auth-accounts.ts';
import { createHostTokens } from './adapters/accounts/jwt-host-tokens.ts';
import { SqliteChatChannel } from './adapters/event-log/sqlite-chat-channel.ts';
import { SqliteEventLog } from './adapters/event-log/sqlite-event-log.ts';
import { CachedTokenCounter } from './adapters/models/cached-token-counter.ts';
import { GeminiProvider, GOOGLE_BASE_URL } from './adapters/models/gemini/gemini-provider.ts';
import { ModelChain } from './adapters/models/model-chain.ts';
import { PriceList, PriceListError } from './adapters/prices/price-list.ts';
import { isLocked, SqliteDatabase } from './adapters/store/sqlite-database.ts';
import { createSqliteStore } from './adapters/store/sqlite-store.ts';
import { systemClock } from './adapters/system/clock.ts';
import { createIds } from './adapters/system/ids.ts';
import { createProcessProbe } from './adapters/system/process-probe.ts';
import { newToken, secretFromFile } from './adapters/system/secrets.ts';
import { ConfigError } from './config.ts';
import type { Config } from './config.ts';
import { ApiKeys } from './core/api-keys.ts';
import { Engine } from './core/engine.ts';
import { Lease } from './core/lease.ts';
import { housekeep } from './core/housekeeping.ts';
import { createApp } from './http/app.ts';
import { Metrics } from './http/metrics.ts';
import { ReaderPool } from './http/sse/reader-pool.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import type { Logger } from './ports/logger.ts';
import type { ModelProvider } from './ports/model-provider.ts';
import type { Prices } from './ports/prices.ts';
import type { Store } from './ports/store.ts';
import { reachOf } from './reach.ts';
import { engineSettingsOf, httpSettingsOf } from './settings.ts';

const DATABASE = 'millrace.db';
const HOUSEKEEPING_INTERVAL = 3_600_000;
/** How soon a stop asked of another process takes effect, at most (ms). */
const TICK_INTERVAL = 50;
/** How long to wait for the service's list of models before the built-in one stands in (ms). */
const MODELS_TIMEOUT = 4000;
/** How long a start waits for another process that has locked the database, and how often it asks (ms). */
const START_PATIENCE = 5000;
const START_RETRY_INTERVAL = 100;
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

/**
 * The composition root: the only file that names concrete adapters.
 * @throws ConfigError when `DATA_DIR` can't be used
 */
export async function createMillrace(options: MillraceOptions): Promise<Millrace> {
  const { config, logger, version, webRoot } = options;
  const reach = reachOf(config);
  const clock = systemClock;
  const ids = createIds(clock);
  const { database, store, secret } = await usingDataDir(config.DATA_DIR, (dataDir) =>
    openDataDir(dataDir, { clock, ids }),
  );
  const log = new SqliteEventLog(database, logger);
  const channel = new SqliteChatChannel(database, logger);

  const isDemo =
    config.AI_PROVIDER === 'gemini' && config.GEMINI_API_KEY === null && config.GEMINI_BASE_URL === null;
  const demo = isDemo ? await options.startDemoModel() : null;
  const prices = pricesOf(config);
  const models = modelsOf(config, demo, { prices, clock, logger });
  const counter = models && new CachedTokenCounter(models, logger);

  const setupToken = reach.isPublic ? newToken() : null;
  const accounts = await usingDataDir(config.DATA_DIR, (dataDir) =>
    createAccounts({
      file: join(dataDir, 'accounts.db'),
      secret,
      publicUrl: config.PUBLIC_URL,
      guests: config.GUESTS,
      signInsPerMinute: config.SIGN_INS_PER_MINUTE,
      setupToken,
      store,
      ids,
      logger,
    }),
  );

  const lease = new Lease({ nodes: store, clock, ids, probe: createProcessProbe() }, config.LEASE_MS);
  await usingDataDir(config.DATA_DIR, () => lease.acquire());
  const readers = new ReaderPool(config.HEARTBEAT_MS);
  const metrics: Metrics = new Metrics({
    runningReplies: (): number => engine.runningReplies,
    openReaders: () => readers.size,
    counter,
    openReservations: async () => (await store.unfinishedGenerations(lease.nodeId)).length,
  });
  const engine = new Engine(
    {
      store,
      log,
      lease,
      models,
      counter,
      prices,
      clock,
      ids,
      logger,
      onCharge: (charge) => metrics.observeCharge(charge),
    },
    engineSettingsOf(config),
  );
  const leaseKeeping = await every(lease.interval, 'keeping the lease', logger, () => engine.keepLease());
  const ticking = await every(TICK_INTERVAL, 'looking for replies to stop', logger, () => engine.tick());

  const keepHouse = () =>
    housekeep({ store, log, accounts, clock }, { eventsKeptFor: config.EVENTS_KEPT_FOR });
  const housekeeping = await every(HOUSEKEEPING_INTERVAL, 'housekeeping', logger, keepHouse);

  const app = createApp({
    engine,
    channel,
    store,
    keys: new ApiKeys({ store, clock }),
    models,
    counter,
    accounts,
    hostTokens: hostTokensOf(config),
    readers,
    metrics,
    logger,
    settings: httpSettingsOf(config, { reach, isDemo, webRoot, version }),
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;

  return {
    server,
    isDemo,
    setupToken: (await store.hasAdministrator()) ? null : setupToken,
    async close() {
      clearInterval(housekeeping);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      clearInterval(ticking);
      await engine.shutDown(AbortSignal.timeout(Math.max(0, config.SHUTDOWN_GRACE - SETTLING_TIME)));
      clearInterval(leaseKeeping);
      await log.close();
      await channel.close();
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

function modelsOf(
  config: Config,
  demo: DemoModel | null,
  dependencies: { prices: Prices; clock: Clock; logger: Logger },
): ModelProvider | null {
  if (config.AI_PROVIDER === 'none') return null;
  const gemini = new GeminiProvider({
    apiKey: demo === null ? config.GEMINI_API_KEY : 'demo',
    baseUrl: demo?.url ?? config.GEMINI_BASE_URL ?? GOOGLE_BASE_URL,
    tunedModels: config.GEMINI_TUNED_MODELS,
    idleTimeout: config.MODEL_IDLE_TIMEOUT,
    modelsTimeout: MODELS_TIMEOUT,
    ...dependencies,
  });
  return new ModelChain(gemini, {
    fallbackModels: config.GEMINI_FALLBACK_MODELS,
    retries: config.MODEL_RETRIES,
    patience: config.MODEL_RETRY_PATIENCE,
    breaksAfter: config.MODEL_BREAKS_AFTER,
    repairs: config.AUTO_CONTINUE,
    fallbackReply: config.FALLBACK_REPLY,
    ...dependencies,
  });
}

/** @throws ConfigError */
function pricesOf({ PRICES_FILE: file }: Config): Prices {
  try {
    return PriceList.read(file);
  } catch (cause) {
    if (!(cause instanceof PriceListError)) throw cause;
    const which = file === null ? 'prices.json' : `PRICES_FILE (${file})`;
    throw new ConfigError(`${which} cannot be used: ${cause.message}.`, { cause });
  }
}

/** Does something now and then at intervals (ms), one at a time; a failure is logged, and it is done again. */
async function every(
  interval: number,
  what: string,
  logger: Logger,
  work: () => Promise<void>,
): Promise<NodeJS.Timeout> {
  let isWorking = false;
  const run = async () => {
    if (isWorking) return;
    isWorking = true;
    try {
      await work();
    } catch (error) {
      logger.error({ err: error }, `${what} failed; it is tried again`);
    } finally {
      isWorking = false;
    }
  };
  await run();
  return setInterval(() => void run(), interval).unref();
}

/**
 * Works on what a server keeps, also beside it.
 * @throws ConfigError when nothing is kept there
 */
export async function withDataDir<Result>(
  { DATA_DIR }: Pick<Config, 'DATA_DIR'>,
  work: (kept: { store: Store; keys: ApiKeys }) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(join(DATA_DIR, DATABASE))) {
    throw new ConfigError(`DATA_DIR (${DATA_DIR}) holds no database.`);
  }
  const dependencies = { clock: systemClock, ids: createIds(systemClock) };
  const { database, store } = await usingDataDir(DATA_DIR, (dataDir) => openDataDir(dataDir, dependencies));
  try {
    return await work({ store, keys: new ApiKeys({ store, clock: systemClock }) });
  } finally {
    database.close();
  }
}

function openDataDir(dataDir: string, dependencies: { clock: Clock; ids: Ids }) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const database = new SqliteDatabase(join(dataDir, DATABASE));
  try {
    const store = createSqliteStore(database, dependencies);
    return { database, store, secret: secretFromFile(join(dataDir, 'secret')) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Waits out the locks of other processes for a while.
 * @throws ConfigError for what the file system or SQLite have against the folder
 */
async function usingDataDir<Result>(
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

/** What the database itself says is plainer than what we make of it. */
function messageOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message;
}

function hostTokensOf(config: Config) {
  const expected = { issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE };
  if (config.JWT_SECRET !== null) return createHostTokens({ secret: config.JWT_SECRET }, expected);
  if (config.JWKS_URL !== null) return createHostTokens({ jwksUrl: new URL(config.JWKS_URL) }, expected);
  return null;
}
