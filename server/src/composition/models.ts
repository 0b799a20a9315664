/** The model provider that the settings name. */
import { GeminiProvider, GOOGLE_BASE_URL } from '../adapters/models/gemini/gemini-provider.ts';
import { PriceList, PriceListError } from '../adapters/prices/price-list.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { SILENT_LOGGER } from '../adapters/system/silent-logger.ts';
import { ConfigError } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import { ResilientModel } from '../core/resilient-model.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Prices } from '../ports/prices.ts';

/** How long to wait for the service's list of models before the built-in list is used. */
const MODELS_TIMEOUT_MS = 4000;

/** Whether the built-in demo model answers. */
export function isDemoModel({ AI_PROVIDER, GEMINI_API_KEY, GEMINI_BASE_URL }: Config): boolean {
  return AI_PROVIDER === 'gemini' && GEMINI_API_KEY === null && GEMINI_BASE_URL === null;
}

interface ModelDependencies {
  prices: Prices;
  clock?: Clock;
  logger?: Logger;
  /** The demo model, where it answers instead of the configured service. */
  demo?: { url: string } | null;
}

/** @returns null when `AI_PROVIDER` is `none` */
export function openModels(
  config: Config,
  { prices, clock = systemClock, logger = SILENT_LOGGER, demo = null }: ModelDependencies,
): ResilientModel | null {
  if (config.AI_PROVIDER === 'none') return null;
  const dependencies = { prices, clock, logger };
  const gemini = new GeminiProvider({
    apiKey: demo === null ? config.GEMINI_API_KEY : 'demo',
    baseUrl: demo?.url ?? config.GEMINI_BASE_URL ?? GOOGLE_BASE_URL,
    tunedModels: config.GEMINI_TUNED_MODELS,
    idleTimeoutMs: config.MODEL_IDLE_TIMEOUT,
    modelsTimeoutMs: MODELS_TIMEOUT_MS,
    ...dependencies,
  });
  return new ResilientModel(gemini, {
    fallbackModels: config.GEMINI_FALLBACK_MODELS,
    maxRetries: config.MODEL_RETRIES,
    retryWindowMs: config.MODEL_RETRY_WINDOW,
    outagesBeforeCoolDown: config.MODEL_BREAKER_THRESHOLD,
    maxContinuations: config.AUTO_CONTINUE,
    fallbackReply: config.FALLBACK_REPLY,
    ...dependencies,
  });
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
