import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import { pino, stdSerializers } from 'pino';
import pretty from 'pino-pretty';
import { browserUrlOf, configOf, settingsIn } from './config/config.ts';
import type { Config } from './config/config.ts';
import { listenErrorOf } from './config/listen-error.ts';
import { settingWarnings } from './config/setting-mistakes.ts';
import { createMillrace } from './composition/millrace.ts';
import type { Millrace } from './composition/millrace.ts';
import { findProvider } from './composition/model-providers.ts';

export interface ServeOptions {
  /** Prints only lines of JSON, also at a terminal. */
  json?: boolean | undefined;
}

/**
 * Runs a server in this process until SIGTERM or SIGINT, and then exits the process.
 * @returns when the server listens
 * @throws ConfigError when a setting is wrong, or the server can't listen on `HOST` and `PORT`
 */
export async function serve(
  environment: Readonly<Record<string, string | undefined>>,
  { json = false }: ServeOptions = {},
): Promise<void> {
  // Only the owner may read the databases, and the files that SQLite creates beside them.
  process.umask(0o077);
  const settings = settingsIn(environment);
  const config = configOf(settings);
  const logger = createLogger(config, json);
  for (const warning of settingWarnings(environment)) logger.warn(warning);
  const webRoot = join(import.meta.dirname, '../../web/dist');
  const hasWebApp = existsSync(join(webRoot, 'index.html'));
  const millrace = await createMillrace({ settings, logger, ...(hasWebApp && { webRoot }) });
  // The process is the server's own, so the adapter may replace the global `Request` and `Response` with faster ones.
  const server = createAdaptorServer({
    fetch: (request, bindings) => millrace.fetch(request, bindings as HttpBindings),
  }) as Server;
  exitOnSignal(server, millrace, logger);
  const port = await listen(server, config).catch(async (error) => {
    await millrace.close();
    throw error;
  });
  // For example too many open files: the connection is lost, the server isn't.
  server.on('error', (error) => logger.error({ err: error }, 'a connection could not be accepted'));
  logger.info({ version: millrace.version, port }, 'listening');
  const provider = findProvider(config.AI_PROVIDER);
  if (millrace.isDemo && provider !== null) {
    logger.warn(`the demo model answers; set ${provider.keySetting} to use ${provider.title}`);
  }
  announce(openUrlOf(millrace, config, port), json);
}

/** @returns the port on which the server listens @throws ConfigError */
async function listen(server: Server, config: Config): Promise<number> {
  server.listen(config.PORT, config.HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw error instanceof Error ? listenErrorOf(error, config) : error;
  }
  return (server.address() as AddressInfo).port;
}

/** Logs JSON, or colored text at a terminal. */
function createLogger({ LOG_LEVEL: level }: Config, json: boolean): pino.Logger {
  // Synchronous: at exit, pino would retry queued lines for ever if the reader of stdout were gone.
  const options = { level, serializers: { err: stdSerializers.errWithCause } };
  if (json || !process.stdout.isTTY) return pino(options, pino.destination({ fd: 1, sync: true }));
  return pino(
    options,
    pretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss', singleLine: true, sync: true }),
  );
}

function exitOnSignal(server: Server, millrace: Millrace, logger: pino.Logger): void {
  const exit = async () => {
    try {
      const closed = new Promise((resolve) => server.close(resolve));
      await millrace.close();
      server.closeAllConnections();
      await closed;
      logger.info('shut down');
      process.exit(0);
    } catch (error) {
      logger.fatal({ err: error }, 'shutdown failed');
      process.exit(1);
    }
  };
  let isExiting = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isExiting) process.exit(130);
      isExiting = true;
      logger.info({ signal }, 'shutting down: running replies may finish first');
      void exit();
    });
  }
}

/** The URL to open in a browser. It holds the set-up token while there is no administrator. */
function openUrlOf({ setupToken }: Millrace, config: Config, port: number): string {
  const url = browserUrlOf(config, port);
  return setupToken === null ? url : `${url}/?setup=${setupToken}`;
}

/** Prints the URL apart from the log, which others may read. */
function announce(url: string, json: boolean): void {
  const line = json ? `${JSON.stringify({ ready: url })}\n` : `\n  Millrace is ready. Open ${url}\n\n`;
  process.stdout.write(line);
}
