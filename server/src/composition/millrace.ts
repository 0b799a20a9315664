import { readFileSync } from 'node:fs';
import type { HttpBindings } from '@hono/node-server';
import { isOperatorPass } from '../adapters/system/operator-pass.ts';
import { httpSettingsOf } from '../config/part-settings.ts';
import { ApiKeys } from '../core/api-keys.ts';
import { ProblemError } from '../core/errors.ts';
import { prune } from '../core/maintenance.ts';
import { Shares } from '../core/shares.ts';
import { createApp } from '../http/app.ts';
import { MillraceService } from '../mount/millrace-service.ts';
import { createNodeHandler } from '../mount/node-handler.ts';
import type { NodeHandler } from '../mount/node-handler.ts';
import { checkOptions } from '../mount/options.ts';
import type { CheckedOptions, MillraceOptions } from '../mount/options.ts';
import { RequestGate } from '../mount/request-gate.ts';
import type { Prices } from '../ports/prices.ts';
import { pricesOf } from './models.ts';
import { openParts } from './open-parts.ts';
import { runEvery } from './run-every.ts';
import { startEngine } from './start-engine.ts';

const MAINTENANCE_INTERVAL_MS = 3_600_000;
/** How often this process looks for stop requests that another process received. */
const STOP_POLL_INTERVAL_MS = 50;
/** The part of `SHUTDOWN_GRACE` that is reserved for saving interrupted replies. Also how long to wait for open requests. */
const SETTLEMENT_RESERVE_MS = 1000;

/** The chat server, to be mounted in a host application. It handles no signals and never exits the process. */
export interface Millrace {
  /**
   * Answers a request of the Fetch API.
   * @param bindings the request and response of `node:http`, if the request came that way
   */
  fetch(request: Request, bindings?: HttpBindings): Promise<Response>;
  /** Answers requests of `node:http`, Express and Connect. Requests outside the prefix go to `next`. */
  handler: NodeHandler;
  /** Calls the chat from the host's own code. */
  service: MillraceService;
  version: string;
  isDemo: boolean;
  /** The token that the first sign-up needs to become administrator; null when none is needed, or there is an administrator. */
  setupToken: string | null;
  /** Lets running replies finish within `SHUTDOWN_GRACE`, interrupts the others, and closes everything that was opened. */
  close(): Promise<void>;
}

/**
 * The composition root: creates all parts and connects them. Only this folder names concrete adapters.
 * @throws ConfigError when an option is wrong, or the storage can't be used
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

/** @param opened collects what must be closed; it is closed in reverse order */
async function compose(
  checked: CheckedOptions,
  prices: Prices,
  opened: AsyncDisposableStack,
): Promise<Millrace> {
  const { config, prefix, logger } = checked;
  const parts = await openParts(checked, prices, opened);
  const { store, clock, setupToken, isDemo } = parts;
  const running = await startEngine(parts, config, logger, opened);
  const { engine } = running;
  const stopPolling = await runEvery(STOP_POLL_INTERVAL_MS, 'polling for stop requests', logger, () =>
    engine.tick(),
  );
  opened.defer(() => clearInterval(stopPolling));
  const maintenance = await runEvery(MAINTENANCE_INTERVAL_MS, 'maintenance', logger, () =>
    prune(parts, { eventRetentionMs: config.EVENT_RETENTION }),
  );
  opened.defer(() => clearInterval(maintenance));

  const settings = httpSettingsOf(config, {
    ...parts,
    ...checked,
    defaultModel: parts.modelNames.defaultModel,
    needsSetupToken: setupToken !== null,
    version: ownVersion(),
  });
  const app = createApp({
    ...parts,
    ...running,
    keys: new ApiKeys({ store, clock }),
    shares: new Shares({ store, clock }),
    newMediaId: () => parts.ids.mediaId(),
    authentication: checked.authentication,
    logger,
    isOperatorPass: (pass) => isOperatorPass(parts.secret, pass, clock.now()),
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
    service: new MillraceService({ engine, store, hostUsers: parts.hostUsers }, settings, closing.signal),
    version: settings.version,
    isDemo,
    setupToken: (await store.hasAdministrator()) ? null : setupToken,
    async close() {
      clearInterval(maintenance);
      clearInterval(stopPolling);
      await engine.shutDown(AbortSignal.timeout(Math.max(0, config.SHUTDOWN_GRACE - SETTLEMENT_RESERVE_MS)));
      await gate.close(AbortSignal.timeout(SETTLEMENT_RESERVE_MS));
      closing.abort(new ProblemError('shutting_down', 'The server was shut down.'));
      await opened.disposeAsync();
    },
  };
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
