/** The settings that each part of the server gets. */
import type { Models } from '@millrace/protocol';
import { appSettingsOf } from './app-settings.ts';
import type { AppSettings } from './app-settings.ts';
import type { Config } from './config.ts';
import type { EngineSettings } from '../core/engine.ts';
import type { HttpSettings } from '../http/environment.ts';
import type { Exposure } from './exposure.ts';

/** The models of the selected provider. */
export interface ModelNames {
  /** Empty when `AI_PROVIDER` is `none`. */
  defaultModel: string;
  /** For when the requested model is out of service, in order. */
  fallbackModels: readonly string[];
}

export function engineSettingsOf(config: Config, models: ModelNames): EngineSettings {
  return {
    ...models,
    systemPrompt: config.SYSTEM_PROMPT,
    parameters: { temperature: config.TEMPERATURE, thinking: config.THINKING, safety: config.SAFETY },
    contextMessages: config.CONTEXT_MESSAGES,
    summaries: config.CONTEXT_SUMMARY,
    titles: config.CHAT_TITLES,
    replyCacheTtlMs: config.REPLY_CACHE_TTL,
    maxOutputTokens: config.MAX_OUTPUT_TOKENS,
    budgets: budgetLimitsOf(config),
    maxConcurrentReplies: config.MAX_CONCURRENT_REPLIES,
    abandonedAfterMs: config.STOP_UNREAD_AFTER,
  };
}

export function budgetLimitsOf(config: Config): EngineSettings['budgets'] {
  return {
    user: config.DEFAULT_TOKEN_LIMIT,
    guest: config.GUEST_TOKEN_LIMIT,
    total: config.TOTAL_TOKEN_LIMIT,
    costMicros: config.DEFAULT_COST_LIMIT,
  };
}

export function httpSettingsOf(
  config: Config,
  {
    prefix,
    exposure,
    needsSetupToken,
    isDemo,
    defaultModel,
    webRoot,
    version,
  }: {
    prefix: string;
    exposure: Exposure;
    needsSetupToken: boolean;
    isDemo: boolean;
    defaultModel: string;
    webRoot: string | null;
    version: string;
  },
): HttpSettings {
  const ownOrigins = config.PUBLIC_URL === null ? [] : [config.PUBLIC_URL];
  return {
    prefix,
    maxMessageChars: config.MAX_MESSAGE_CHARS,
    limits: limitsOf(config),
    corsOrigins: config.CORS_ORIGINS,
    trustedOrigins: [...ownOrigins, ...config.CORS_ORIGINS],
    hostnames: exposure.hostnames,
    isProxied: exposure.isProxied,
    trustedProxies: config.TRUST_PROXY,
    guests: config.GUESTS,
    messageGapMs: config.MESSAGE_RATE_LIMIT_MS,
    repliesPerMinute: config.RATE_LIMIT_PER_MINUTE,
    stopOnDisconnectAfterMs: config.STOP_ON_DISCONNECT_AFTER,
    maxChatsPerUser: config.MAX_CHATS_PER_USER,
    guestsPerHour: config.GUESTS_PER_IP_PER_HOUR,
    defaultModel,
    isDemo,
    needsSetupToken,
    webRoot,
    version,
  };
}

type AppLimits = Models['limits'];

/** The settings that the app gets. Fails to compile unless the schema of the answer has exactly the settings with an `appName`. */
function limitsOf(config: Config): AppLimits {
  const limits: AppLimits & Record<Exclude<keyof AppSettings, keyof AppLimits>, never> =
    appSettingsOf(config);
  return limits;
}
