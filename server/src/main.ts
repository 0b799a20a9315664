import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import { pino } from 'pino';
import pretty from 'pino-pretty';
import { ConfigError, configOf, settingsIn } from './config.ts';
import { createMillrace } from './millrace.ts';
import type { Millrace } from './millrace.ts';

// Databases hold what people wrote, and are nobody else's on this machine to read; so are files SQLite makes beside them.
process.umask(0o077);
const settings = settingsIn(process.env);
const config = await orExit(() => configOf(settings));
// Lines for programs, or for the eye when somebody is watching. Written at once: what pino has queued at the exit it would try
// to write for ever, should whoever read the lines be gone.
const logger = process.stdout.isTTY
  ? pino(
      { level: config.LOG_LEVEL },
      pretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss', singleLine: true, sync: true }),
    )
  : pino({ level: config.LOG_LEVEL }, pino.destination({ fd: 1, sync: true }));
const webRoot = join(import.meta.dirname, '../../web/dist');

const millrace = await orExit(() =>
  createMillrace({ settings, logger, ...(existsSync(join(webRoot, 'index.html')) && { webRoot }) }),
);
// In a process of its own the adapter may put its faster `Request` and `Response` in the place of Node's.
const server = createAdaptorServer({
  fetch: (request, bindings) => millrace.fetch(request, bindings as HttpBindings),
}) as Server;
server.on('error', (error) => {
  logger.fatal({ err: error }, `cannot listen on ${config.HOST}:${config.PORT}`);
  process.exit(1);
});
server.listen(config.PORT, config.HOST, () => announce(millrace, (server.address() as AddressInfo).port));

let isEnding = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (isEnding) process.exit(130);
    isEnding = true;
    logger.info({ signal }, 'ending: running replies get a moment to finish');
    void end();
  });
}

async function end(): Promise<void> {
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
}

function announce({ isDemo, setupToken, version }: Millrace, port: number): void {
  const url = config.PUBLIC_URL ?? `http://${openableHost(config.HOST)}:${port}`;
  logger.info({ version, port }, 'listening');
  if (isDemo) logger.warn('Demo model. Set GEMINI_API_KEY for Gemini.');
  // For whoever sits before the terminal; programs read the log.
  const invitation = setupToken === null ? url : `${url}/?setup=${setupToken}`;
  process.stdout.write(`\n  Millrace is ready. Open ${invitation}\n\n`);
}

/** Where a browser on this machine finds what listens at a host. */
function openableHost(host: string): string {
  // Those mean every address there is, and are none themselves.
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** Ends the process with one line when it is the settings that are wrong. */
async function orExit<Result>(begin: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await begin();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
