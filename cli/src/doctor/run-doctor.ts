import { readConfig } from '@millrace/server/config';
import type { Config } from '@millrace/server/config';
import { operatorPass } from '@millrace/server/inspect';
import { connect, givenKey } from '../connection/connect.ts';
import { describeError, usageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { findAccess } from './access.ts';
import type { Access } from './access.ts';
import { checkHealth, checkReady } from './check-address.ts';
import { checkCors } from './check-cors.ts';
import { checkHere } from './check-here.ts';
import { checkRequest } from './check-request.ts';
import { checkSilence, checkStream } from './check-stream.ts';
import { checkTls } from './check-tls.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import { reasonOf } from './probe.ts';

export interface DoctorOptions {
  url?: string | undefined;
  key?: string | undefined;
  /** Seconds. */
  idle?: string | undefined;
  ask?: boolean | undefined;
  /** False leaves what is beside the server alone. */
  local?: boolean | undefined;
}

/** The server's own unless it is set (ms). */
const DEFAULT_HEARTBEAT = 15_000;

/** Looks at everything there is, one thing after the other. */
export async function* examine(options: DoctorOptions, output: Output): AsyncGenerator<Finding> {
  const { config, findings } = readSettings();
  if (options.local !== false) {
    yield* findings;
    if (config !== null) yield* checkHere(config, { ask: options.ask === true });
  }
  const url = addressOf(options, config);
  try {
    yield* checkFromOutside(url, options, config, output);
  } catch (error) {
    yield problem(
      'address',
      `a request failed: ${reasonOf(error)}`,
      'Does something on the way cut connections?',
    );
  }
}

async function* checkFromOutside(
  url: string,
  options: DoctorOptions,
  config: Config | null,
  output: Output,
): AsyncGenerator<Finding> {
  yield* await checkTls(url);
  const health = await checkHealth(url);
  yield* health.findings;
  if (!health.isReached) return;
  yield await checkReady(url);
  const pass = config && (await operatorPass(config));
  const access = await findAccess(url, pass, givenKey(options));
  const listener = access ?? (await asAnybody(url, options, output));
  yield* await checkStream(url, listener);
  if (access === null) {
    const advice =
      'Run it with the server’s settings, or give an administrator’s session token with MILLRACE_KEY.';
    yield warning('request headers', 'not looked at: the server tells them to administrators alone', advice);
  } else yield* await checkRequest(url, access);
  yield* await checkCors(url, config?.CORS_ORIGINS ?? []);
  if (options.idle === undefined) return;
  yield await checkSilence(url, listener, secondsOf(options.idle), config?.HEARTBEAT_MS ?? DEFAULT_HEARTBEAT);
}

/** Streams are for whoever has signed in. */
async function asAnybody(url: string, { key }: DoctorOptions, output: Output): Promise<Access> {
  const { token } = await connect({ url, key }, output);
  return { query: {}, headers: { authorization: `Bearer ${token}` } };
}

/** The settings of this environment; null where they are wrong. */
function readSettings(): { config: Config | null; findings: Finding[] } {
  try {
    const config = readConfig(process.env);
    return { config, findings: [ok('settings', 'can be read')] };
  } catch (error) {
    const { message } = describeError(error);
    return { config: null, findings: [problem('settings', message, 'The server won’t start so.')] };
  }
}

/** @throws CommandError where nothing says where the server is */
function addressOf({ url }: DoctorOptions, config: Config | null): string {
  const given = url ?? config?.PUBLIC_URL;
  if (given !== undefined && given !== null) {
    if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return given.replace(/\/+$/, '');
    throw usageError(`--url takes an address such as https://chat.example.org, and not "${given}".`);
  }
  if (config === null) throw usageError('The settings can’t be read: say --url.');
  const { HOST, PORT } = config;
  const host = HOST === '0.0.0.0' || HOST === '::' ? 'localhost' : HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
}

/** @throws CommandError */
function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 600) return seconds;
  throw usageError(`--idle takes seconds, up to 600, and not "${text}".`);
}
