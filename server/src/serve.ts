import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import { pino } from 'pino';
import pretty from 'pino-pretty';
import { configOf, settingsIn } from './config/config.ts';
import type { Config } from './config/config.ts';
import { createMillrace } from './composition/millrace.ts';
import type { Millrace } from './composition/millrace.ts';

export interface ServeOptions {
  /** Prints lines of JSON and nothing else, at a terminal too. */
  json?: boolean | undefined;
}

/**
 * Runs a server in this process until it is asked to end (SIGTERM, SIGINT), and ends the process then.
 * @returns when it has begun
 * @throws ConfigError when it is the settings that are wrong
 */
export async function serve(
  environment: Readonly<Record<string, string | undefined>>,
  { json = false }: ServeOptions = {},
): Promise<void> {
  // Databases hold what people wrote, and are nobody else's on this machine to read; so are files SQLite makes beside them.
  process.umask(0o077);
  const settings = settingsIn(environment);
  const config = configOf(settings);
  const logger = createLogger(config, json);
  const webRoot = join(import.meta.dirname, '../../web/dist');
  const hasWebApp = existsSync(join(webRoot, 'index.html'));
  const millrace = await createMillrace({ settings, logger, ...(hasWebApp && { webRoot }) });
  // In a process of its own the adapter may put its faster `Request` and `Response` in the place of Node's.
  const server = createAdaptorServer({
    fetch: (request, bindings) => millrace.fetch(request, bindings as HttpBindings),
  }) as Server;
  server.on('error', (error) => {
    logger.fatal({ err: error }, `cannot listen on ${config.HOST}:${config.PORT}`);
    process.exit(1);
  });
  server.listen(config.PORT, config.HOST, () => {
    const { port } = server.address() as AddressInfo;
    logger.info({ version: millrace.version, port }, 'listening');
    if (millrace.isDemo) logger.warn('Demo model. Set GEMINI_API_KEY for Gemini.');
    announce(invitationTo(millrace, config, port), json);
  });
  endWhenAsked(server, millrace, logger);
}

/** Lines for programs, or for the eye when somebody is watching. */
function createLogger({ LOG_LEVEL: level }: Config, json: boolean): pino.Logger {
  // Written at once: what pino has queued at the exit it would try to write for ever, should whoever read the lines be gone.
  if (json || !process.stdout.isTTY) return pino({ level }, pino.destination({ fd: 1, sync: true }));
  return pino(
    { level },
    pretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss', singleLine: true, sync: true }),
  );
}

function endWhenAsked(server: Server, millrace: Millrace, logger: pino.Logger): void {
  const end = async () => {
    try {
      const closed = new Promise((resolve) => server.close(resolve));
      await millrace.close();
      server.closeAllConnections();
      await closed;
      logger.info('ended');
      process.exit(0);
    } catch (error) {
      logger.fatal({ err: error }, 'ended badly');
      process.exit(1);
    }
  };
  let isEnding = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isEnding) process.exit(130);
      isEnding = true;
      logger.info({ signal }, 'ending: running replies get a moment to finish');
      void end();
    });
  }
}

/** What to open in a browser. */
function invitationTo({ setupToken }: Millrace, { PUBLIC_URL, HOST }: Config, port: number): string {
  const url = PUBLIC_URL ?? `http://${openableHost(HOST)}:${port}`;
  return setupToken === null ? url : `${url}/?setup=${setupToken}`;
}

/** Not for the log, which others may read. */
function announce(invitation: string, json: boolean): void {
  const line = json
    ? `${JSON.stringify({ ready: invitation })}\n`
    : `\n  Millrace is ready. Open ${invitation}\n\n`;
  process.stdout.write(line);
}

/** Where a browser on this machine finds what listens at a host. */
function openableHost(host: string): string {
  // Those mean every address there is, and are none themselves.
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
