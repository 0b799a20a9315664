import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { ConfigError, configOf } from '../config/config.ts';
import type { Config, Settings } from '../config/config.ts';
import type { Authentication } from '../http/auth/host-authenticator.ts';
import type { Logger } from '../ports/logger.ts';

export interface MillraceOptions extends Partial<Authentication> {
  /** By the names of the environment's variables; the environment itself isn't looked at. See `settingsIn`. */
  settings?: Settings | undefined;
  /** The path of the host application that all of it is under, such as `/chat`. Default: none. */
  prefix?: string | undefined;
  /** Default: lines of JSON on the standard output, warnings and errors alone unless `LOG_LEVEL` is set. */
  logger?: Logger | undefined;
  /** The folder of the built web app. Default: none is served. */
  webRoot?: string | undefined;
  /** A model on this machine for when there is no API key. Default: the simulator. */
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
      'prefix takes a path such as /chat, with a slash at its beginning and none at its end.',
    );
  }
  if (authenticate !== undefined && typeof authenticate !== 'function') {
    throw new ConfigError('authenticate takes a function that answers who sent a request.');
  }
  if (authenticate !== undefined && (config.JWT_SECRET !== null || config.JWKS_URL !== null)) {
    throw new ConfigError(
      'authenticate excludes JWT_SECRET and JWKS_URL: it alone says who is calling. Use one of them.',
    );
  }
  if (webRoot !== undefined && !existsSync(join(webRoot, 'index.html'))) {
    throw new ConfigError(`webRoot takes the folder of the built web app; there is none at ${webRoot}.`);
  }
  return {
    config,
    prefix,
    authentication: authenticate === undefined ? null : { authenticate },
    logger: logger ?? pino({ level: settings.LOG_LEVEL === undefined ? 'warn' : config.LOG_LEVEL }),
    webRoot: webRoot ?? null,
    startDemoModel: startDemoModel ?? startSimulatorAsModel,
  };
}

async function startSimulatorAsModel(): Promise<DemoModel> {
  // Loaded only where it is wanted.
  const { demoPace, startSimulator } = await import('millrace-gemini-simulator');
  return startSimulator({ control: false, mode: 'prose', pace: demoPace });
}
