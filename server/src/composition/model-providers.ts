/** How each model provider is created from the settings. A new provider is an entry here, with its settings and its adapter. */
import { GeminiProvider, GOOGLE_BASE_URL } from '../adapters/models/gemini/gemini-provider.ts';
import type { GeminiOptions } from '../adapters/models/gemini/gemini-provider.ts';
import { ConfigError } from '../config/config.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ModelProvider } from '../ports/model-provider.ts';
import type { Prices } from '../ports/prices.ts';

export interface ProviderDependencies {
  /** After this, a built-in list of models replaces the service's. */
  modelsTimeoutMs: number;
  prices: Prices;
  clock: Clock;
  logger: Logger;
}

export interface ProviderEntry {
  /** The name of the service, as people know it. */
  title: string;
  /** The settings that messages to the operator name. */
  keySetting: keyof Config;
  modelSetting: keyof Config;
  fallbackModelsSetting: keyof Config;
  isConfigured(config: Config): boolean;
  defaultModel(config: Config): string;
  fallbackModels(config: Config): readonly string[];
  create(config: Config, dependencies: ProviderDependencies): ModelProvider;
  /**
   * Creates the provider with the demo model instead of its service, for a server where the service is not configured. The demo model
   * speaks Gemini's API, so other providers leave this out; without their settings, the server doesn't start.
   */
  createDemo?(demoUrl: string, config: Config, dependencies: ProviderDependencies): ModelProvider;
}

type ProviderName = Exclude<Config['AI_PROVIDER'], 'none'>;

const PROVIDERS: Record<ProviderName, ProviderEntry> = {
  gemini: {
    title: 'Gemini',
    keySetting: 'GEMINI_API_KEY',
    modelSetting: 'GEMINI_MODEL',
    fallbackModelsSetting: 'GEMINI_FALLBACK_MODELS',
    isConfigured: (config) => config.GEMINI_API_KEY !== null || config.GEMINI_BASE_URL !== null,
    defaultModel: (config) => config.GEMINI_MODEL,
    fallbackModels: (config) => config.GEMINI_FALLBACK_MODELS,
    create: (config, dependencies) =>
      new GeminiProvider({
        apiKey: config.GEMINI_API_KEY,
        baseUrl: config.GEMINI_BASE_URL ?? GOOGLE_BASE_URL,
        ...geminiOptions(config, dependencies),
      }),
    createDemo: (demoUrl, config, dependencies) =>
      new GeminiProvider({ apiKey: 'demo', baseUrl: demoUrl, ...geminiOptions(config, dependencies) }),
  },
};

function geminiOptions(
  config: Config,
  dependencies: ProviderDependencies,
): Omit<GeminiOptions, 'apiKey' | 'baseUrl'> {
  return {
    tunedModels: config.GEMINI_TUNED_MODELS,
    idleTimeoutMs: config.MODEL_IDLE_TIMEOUT,
    ...dependencies,
  };
}

/** A value of `AI_PROVIDER` that selects a provider. */
export const PROVIDER_NAMES = Object.keys(PROVIDERS);

/** Finds a provider by its name; null for `none` and for an unknown name. */
export function findProvider(
  name: string,
  providers: Readonly<Record<string, ProviderEntry>> = PROVIDERS,
): ProviderEntry | null {
  return (Object.hasOwn(providers, name) ? providers[name] : null) ?? null;
}

/**
 * Returns the provider that `AI_PROVIDER` selects; null for `none`.
 * @throws ConfigError when the provider is not configured and the demo model can't take its place
 */
export function selectedProvider(
  config: Config,
  providers: Readonly<Record<string, ProviderEntry>> = PROVIDERS,
): ProviderEntry | null {
  const entry = findProvider(config.AI_PROVIDER, providers);
  if (entry === null || entry.createDemo !== undefined || entry.isConfigured(config)) return entry;
  throw new ConfigError(
    `AI_PROVIDER is ${config.AI_PROVIDER}, which needs ${entry.keySetting}. Set it, or set AI_PROVIDER to none.`,
  );
}
