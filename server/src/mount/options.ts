import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pino, stdSerializers } from 'pino';
import { ConfigError, configOf } from '../config/config.ts';
import type { Config, Settings } from '../config/config.ts';
import type { Authentication } from '../http/auth/authentication.ts';
import type { Logger } from '../ports/logger.ts';

export interface MillraceOptions extends Partial<Authentication> {
  /** Settings, by the names of the environment variables. The environment itself isn't read; see `settingsIn`. */
  settings?: Settings | undefined;
  /** The path under which the host application serves the chat, such as `/chat`. Default: none. */
  prefix?: string | undefined;
  /** Default: lines of JSON on stdout; warnings and errors only, unless `LOG_LEVEL` is set. */
  logger?: Logger | undefined;
  /** The folder of the built web app. Default: no app is served. */
  webRoot?: string | undefined;
  /** Starts the demo model, which answers when there is no API key. Default: the simulator. */
  startDemoModel?: (() => Promise<DemoModel>) | undefined;
}

export interface DemoModel {
  url: string;
  close(): Promise<void>;
}

/** The options with their defaults. */
export interface CheckedOptions {
  config: Config;
  prefix: string;
  authentication: Authentication | null;
  logger: Logger;
  webRoot: string | null;
  startDemoModel(): Promise<DemoModel>;
}

/** @throws ConfigError that names the option, or the setting, and what it takes */
export function checkOptions(options: MillraceOptions): CheckedOptions {
  const { settings = {}, prefix = '', authenticate, logger, webRoot, startDemoModel } = options;
  const config = configOf(settings);
  if (prefix !== '' && !/^(?:\/[\w.~-]+)+$/.test(prefix)) {
    throw new ConfigError(
      'prefix takes a path such as /chat, with a slash at the beginning and none at the end.',
    );
  }
  if (authenticate !== undefined && typeof authenticate !== 'function') {
    throw new ConfigError('authenticate takes a function that returns the user of a request.');
  }
  if (authenticate !== undefined && (config.JWT_SECRET !== null || config.JWKS_URL !== null)) {
    throw new ConfigError(
      'authenticate excludes JWT_SECRET and JWKS_URL, because it identifies all callers. Use one of them.',
    );
  }
  if (webRoot !== undefined && !existsSync(join(webRoot, 'index.html'))) {
    throw new ConfigError(`webRoot takes the folder of the built web app; ${webRoot} has no index.html.`);
  }
  return {
    config,
    prefix,
    authentication: authenticate === undefined ? null : { authenticate },
    logger:
      logger ??
      pino({
        level: settings.LOG_LEVEL === undefined ? 'warn' : config.LOG_LEVEL,
        serializers: { err: stdSerializers.errWithCause },
      }),
    webRoot: webRoot ?? null,
    startDemoModel: startDemoModel ?? startSimulatorAsModel,
  };
}

async function startSimulatorAsModel(): Promise<DemoModel> {
  // Imported on demand, because most servers have an API key.
  const { demoPace, startSimulator } = await import('millrace-gemini-simulator');
  return startSimulator({ control: false, mode: 'prose', pace: demoPace });
}
