import { readFileSync } from 'node:fs';
import type { HttpBindings } from '@hono/node-server';
import { createJwtVerifier } from '../adapters/accounts/jwt-verifier.ts';
import { CachedTokenCounter } from '../adapters/models/cached-token-counter.ts';
import { createProcessProbe } from '../adapters/system/process-probe.ts';
import { setupTokenOf } from '../adapters/system/secrets.ts';
import type { Config } from '../config/config.ts';
import { ApiKeys } from '../core/api-keys.ts';
import { Engine } from '../core/engine.ts';
import { ProblemError } from '../core/errors.ts';
import { HostUsers } from '../core/host-users.ts';
import { Lease } from '../core/lease.ts';
import { Shares } from '../core/shares.ts';
import { prune } from '../core/maintenance.ts';
import { createApp } from '../http/app.ts';
import { Metrics } from '../http/metrics.ts';
import { ReaderPool } from '../http/sse/reader-pool.ts';
import { MillraceService } from '../mount/millrace-service.ts';
import { createNodeHandler } from '../mount/node-handler.ts';
import type { NodeHandler } from '../mount/node-handler.ts';
import { checkOptions } from '../mount/options.ts';
import type { CheckedOptions, MillraceOptions } from '../mount/options.ts';
import { RequestGate } from '../mount/request-gate.ts';
import type { Logger } from '../ports/logger.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import type { Prices } from '../ports/prices.ts';
import { exposureOf } from '../config/exposure.ts';
import { isOperatorPass } from '../adapters/system/operator-pass.ts';
import { isDemoModel, modelNamesOf, openModels, pricesOf } from './models.ts';
import { openStorage } from './storage.ts';
import type { ServerAccountsOptions } from './storage.ts';
import { engineSettingsOf, httpSettingsOf } from '../config/part-settings.ts';

const MAINTENANCE_INTERVAL = 3_600_000;
/** How soon a stop asked of another process takes effect, at most (ms). */
const TICK_INTERVAL = 50;
/** Of the grace of a shutdown, what is left to write down the replies it interrupts; and how long answers are waited for (ms). */
const SETTLING_TIME = 1000;

/** The chat, to be mounted in a host application. It leaves the process as it is: no signals, no exit. */
export interface Millrace {
  /**
   * Answers a request, for whoever serves `Request`s.
   * @param bindings the same as `node:http` has it, where it came that way
   */
  fetch(request: Request, bindings?: HttpBindings): Promise<Response>;
  /** The same for `node:http`, Express and Connect. What isn't under the prefix goes to `next`. */
  handler: NodeHandler;
  /** The same for the host's own code. */
  service: MillraceService;
  version: string;
  isDemo: boolean;
  /** What the first sign-up must bring to become the administrator; null when nothing is asked, or there is one. */
  setupToken: string | null;
  /** Lets running replies finish within `SHUTDOWN_GRACE`, interrupts the rest, and closes everything it opened. */
  close(): Promise<void>;
}

/**
 * The composition root. It, and the files beside it that it takes its parts from, alone name concrete adapters.
 * @throws ConfigError when an option is wrong, or `DATA_DIR` can't be used
 */
export async function createMillrace(options: MillraceOptions = {}): Promise<Millrace> {
  const checked = checkOptions(options);
  const prices = pricesOf(checked.config);
  const opened = new AsyncDisposableStack();
  try {
    return await compose(checked, prices, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** @param opened is told how to close what is opened */
async function compose(
  checked: CheckedOptions,
  prices: Prices,
  opened: AsyncDisposableStack,
): Promise<Millrace> {
  const { config, prefix, authentication, logger, webRoot } = checked;
  const exposure = exposureOf(config, { isHosted: authentication !== null });
  const storage = await openStorage(config, logger);
  opened.defer(() => storage.close());
  const { store, clock, ids, secret } = storage;
  const { log, channel, quotas, ...logs } = await storage.openLogs(config, logger);
  opened.defer(() => logs.close());

  const isDemo = isDemoModel(config);
  const demo = isDemo ? await checked.startDemoModel() : null;
  opened.defer(() => demo?.close());
  const modelNames = modelNamesOf(config);
  const models = openModels(config, { prices, clock, logger, demo });
  opened.defer(() => models?.close());
  const counter = models && new CachedTokenCounter(models, logger);

  const setupToken = exposure.isPublic && authentication === null ? setupTokenOf(secret) : null;
  const hostUsers = new HostUsers(store);
  const accounts =
    authentication === null ? await storage.openAccounts(accountsOf(checked, { setupToken, quotas })) : null;
  opened.defer(() => accounts?.close());

  const lease = new Lease({ nodes: store, clock, ids, probe: createProcessProbe() }, config.LEASE_MS);
  await storage.whileStarting(() => lease.acquire());
  const readers = new ReaderPool(config.HEARTBEAT_MS);
  opened.defer(() => readers.close());
  const metrics: Metrics = new Metrics({
    runningReplies: (): number => engine.runningReplies,
    openReaders: () => readers.size,
    counter,
    openReservations: async () => (await store.listUnfinishedGenerations(lease.nodeId)).length,
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
    engineSettingsOf(config, modelNames),
  );
  const leaseKeeping = await every(lease.intervalMs, 'keeping the lease', logger, () => engine.keepLease());
  opened.defer(() => clearInterval(leaseKeeping));
  const recovering = await every(lease.intervalMs, 'recovery', logger, () => engine.recover());
  opened.defer(() => clearInterval(recovering));
  const ticking = await every(TICK_INTERVAL, 'looking for replies to stop', logger, () => engine.tick());
  opened.defer(() => clearInterval(ticking));

  const maintenance = await every(MAINTENANCE_INTERVAL, 'maintenance', logger, () =>
    prune({ store, log, accounts, quotas, clock }, { eventRetentionMs: config.EVENT_RETENTION }),
  );

  const version = ownVersion();
  const settings = httpSettingsOf(config, {
    prefix,
    exposure,
    needsSetupToken: setupToken !== null,
    isDemo,
    defaultModel: modelNames.defaultModel,
    webRoot,
    version,
  });
  const app = createApp({
    engine,
    channel,
    store,
    keys: new ApiKeys({ store, clock }),
    shares: new Shares({ store, clock }),
    clock,
    newMediaId: () => ids.mediaId(),
    models,
    counter,
    accounts,
    authentication,
    hostUsers,
    jwtVerifier: jwtVerifierOf(config),
    quotas,
    readers,
    metrics,
    logger,
    isOperatorPass: (pass) => isOperatorPass(secret, pass, clock.now()),
    settings,
  });
  const gate = new RequestGate((request, bindings: HttpBindings | undefined) =>
    app.fetch(request, bindings ?? {}),
  );
  const fetch = (request: Request, bindings?: HttpBindings) => gate.pass(request, bindings);
  const closing = new AbortController();

  return {
    fetch,
    handler: createNodeHandler(fetch, prefix),
    service: new MillraceService({ engine, store, hostUsers }, settings, closing.signal),
    version,
    isDemo,
    setupToken: (await store.hasAdministrator()) ? null : setupToken,
    async close() {
      clearInterval(maintenance);
      clearInterval(ticking);
      await engine.shutDown(AbortSignal.timeout(Math.max(0, config.SHUTDOWN_GRACE - SETTLING_TIME)));
      await gate.close(AbortSignal.timeout(SETTLING_TIME));
      closing.abort(new ProblemError('shutting_down', 'The server has ended.'));
      await opened.disposeAsync();
    },
  };
}

function accountsOf(
  { config, prefix, logger }: CheckedOptions,
  { setupToken, quotas }: { setupToken: string | null; quotas: QuotaCounters },
): ServerAccountsOptions {
  const { SIGN_INS_PER_MINUTE: signInsPerMinute } = config;
  return {
    prefix,
    publicUrl: config.PUBLIC_URL,
    guests: config.GUESTS,
    limits: signInsPerMinute === null ? null : { signInsPerMinute, quotas },
    setupToken,
    logger,
  };
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
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

function jwtVerifierOf(config: Config) {
  const expected = { issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE };
  if (config.JWT_SECRET !== null) return createJwtVerifier({ secret: config.JWT_SECRET }, expected);
  if (config.JWKS_URL !== null) return createJwtVerifier({ jwksUrl: new URL(config.JWKS_URL) }, expected);
  return null;
}
