/** The models that the settings select, and their prices. */
import { PriceList, PriceListError } from '../adapters/prices/price-list.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { SILENT_LOGGER } from '../adapters/system/silent-logger.ts';
import { ConfigError } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import type { ModelNames } from '../config/part-settings.ts';
import { ResilientModel } from '../core/resilient-model.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Prices } from '../ports/prices.ts';
import { selectedProvider } from './model-providers.ts';
import type { ProviderEntry } from './model-providers.ts';

const MODELS_TIMEOUT_MS = 4000;

/**
 * Returns whether the built-in demo model answers, because the selected provider is not configured.
 * @throws ConfigError when the provider is not configured and the demo model can't take its place
 */
export function isDemoModel(config: Config): boolean {
  const provider = selectedProvider(config);
  return provider !== null && !provider.isConfigured(config);
}

/** @throws ConfigError like `isDemoModel` */
export function modelNamesOf(config: Config): ModelNames {
  const provider = selectedProvider(config);
  return {
    defaultModel: provider?.defaultModel(config) ?? '',
    fallbackModels: provider?.fallbackModels(config) ?? [],
  };
}

interface ModelDependencies {
  prices: Prices;
  clock?: Clock;
  logger?: Logger;
  /** The demo model, where it answers instead of the configured service. */
  demo?: { url: string } | null;
}

/**
 * @returns null when `AI_PROVIDER` is `none`
 * @throws ConfigError like `isDemoModel`
 */
export function openModels(
  config: Config,
  { prices, clock = systemClock, logger = SILENT_LOGGER, demo = null }: ModelDependencies,
): ResilientModel | null {
  const selected = selectedProvider(config);
  if (selected === null) return null;
  const dependencies = { modelsTimeoutMs: MODELS_TIMEOUT_MS, prices, clock, logger };
  const provider =
    demo === null || selected.createDemo === undefined
      ? selected.create(config, dependencies)
      : selected.createDemo(demo.url, config, dependencies);
  return new ResilientModel(provider, {
    fallbackModels: selected.fallbackModels(config),
    maxRetries: config.MODEL_RETRIES,
    retryWindowMs: config.MODEL_RETRY_WINDOW,
    outagesBeforeCoolDown: config.MODEL_BREAKER_THRESHOLD,
    maxContinuations: config.AUTO_CONTINUE,
    fallbackReply: config.FALLBACK_REPLY,
    settingOf: (model) => settingOf(model, selected, config),
    clock,
    logger,
  });
}

function settingOf(model: string, provider: ProviderEntry, config: Config): string | null {
  if (model === provider.defaultModel(config)) return provider.modelSetting;
  return provider.fallbackModels(config).includes(model) ? provider.fallbackModelsSetting : null;
}

/** @throws ConfigError */
export function pricesOf({ PRICES_FILE: file }: Config): Prices {
  try {
    return PriceList.read(file);
  } catch (cause) {
    if (!(cause instanceof PriceListError)) throw cause;
    const which = file === null ? 'prices.json' : `PRICES_FILE (${file})`;
    throw new ConfigError(`${which} cannot be used: ${cause.message}.`, { cause });
  }
}
