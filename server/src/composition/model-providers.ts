/** How each model provider is created from the settings. A new provider is an entry here, with its settings and its adapter. */
import { GeminiProvider, GOOGLE_BASE_URL } from '../adapters/models/gemini/gemini-provider.ts';
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
  /** The demo model, which takes the place of an unconfigured service. */
  demo: { url: string } | null;
}

interface ProviderEntry {
  /** Whether the settings name a service; if not, the demo model answers. */
  isConfigured(config: Config): boolean;
  defaultModel(config: Config): string;
  fallbackModels(config: Config): readonly string[];
  create(config: Config, dependencies: ProviderDependencies): ModelProvider;
}

const PROVIDERS: Record<Exclude<Config['AI_PROVIDER'], 'none'>, ProviderEntry> = {
  gemini: {
    isConfigured: (config) => config.GEMINI_API_KEY !== null || config.GEMINI_BASE_URL !== null,
    defaultModel: (config) => config.GEMINI_MODEL,
    fallbackModels: (config) => config.GEMINI_FALLBACK_MODELS,
    create: (config, { demo, ...dependencies }) =>
      new GeminiProvider({
        apiKey: demo === null ? config.GEMINI_API_KEY : 'demo',
        baseUrl: demo?.url ?? config.GEMINI_BASE_URL ?? GOOGLE_BASE_URL,
        tunedModels: config.GEMINI_TUNED_MODELS,
        idleTimeoutMs: config.MODEL_IDLE_TIMEOUT,
        ...dependencies,
      }),
  },
};

/** The provider that `AI_PROVIDER` selects; null for `none`. */
export function selectedProvider({ AI_PROVIDER: name }: Config): ProviderEntry | null {
  return name === 'none' ? null : PROVIDERS[name];
}
