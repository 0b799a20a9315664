import { createJwtVerifier } from '../adapters/accounts/jwt-verifier.ts';
import { CachedTokenCounter } from '../adapters/models/cached-token-counter.ts';
import { setupTokenOf } from '../adapters/system/secrets.ts';
import type { Config } from '../config/config.ts';
import { exposureOf } from '../config/exposure.ts';
import { HostUsers } from '../core/host-users.ts';
import type { CheckedOptions } from '../mount/options.ts';
import type { Prices } from '../ports/prices.ts';
import type { QuotaCounters } from '../ports/quota-counters.ts';
import { isDemoModel, modelNamesOf, openModels } from './models.ts';
import { openStorage } from './open-storage.ts';
import type { ServerAccountsOptions } from './storage.ts';

/** What the settings name and the server opens: storage, logs, models, accounts. */
export type Parts = Awaited<ReturnType<typeof openParts>>;

/** @param opened collects what must be closed */
export async function openParts(checked: CheckedOptions, prices: Prices, opened: AsyncDisposableStack) {
  const { config, authentication, logger } = checked;
  const isDemo = isDemoModel(config);
  const exposure = exposureOf(config, { isHosted: authentication !== null });
  const storage = await openStorage(config, logger);
  opened.defer(() => storage.close());
  const { store, clock, ids, secret } = storage;
  const { log, channel, quotas, ...logs } = await storage.openLogs(config, logger);
  opened.defer(() => logs.close());

  const demo = isDemo ? await checked.startDemoModel() : null;
  opened.defer(() => demo?.close());
  const models = openModels(config, { prices, clock, logger, demo });
  opened.defer(() => models?.close());
  const counter = models && new CachedTokenCounter(models, logger);

  const setupToken = exposure.isPublic && authentication === null ? setupTokenOf(secret) : null;
  const accounts =
    authentication === null ? await storage.openAccounts(accountsOf(checked, { setupToken, quotas })) : null;
  opened.defer(() => accounts?.close());
  const hostUsers = new HostUsers(store);
  const jwtVerifier = jwtVerifierOf(config);
  return {
    exposure,
    store,
    clock,
    ids,
    secret,
    whileStarting: storage.whileStarting,
    log,
    channel,
    quotas,
    isDemo,
    modelNames: modelNamesOf(config),
    models,
    counter,
    prices,
    setupToken,
    accounts,
    hostUsers,
    jwtVerifier,
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

function jwtVerifierOf(config: Config) {
  const expected = { issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE };
  if (config.JWT_SECRET !== null) return createJwtVerifier({ secret: config.JWT_SECRET }, expected);
  if (config.JWKS_URL !== null) return createJwtVerifier({ jwksUrl: new URL(config.JWKS_URL) }, expected);
  return null;
}
