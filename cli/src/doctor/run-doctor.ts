import { browserUrlOf, readConfig } from '@millrace/server/config';
import type { Config } from '@millrace/server/config';
import { operatorPass } from '@millrace/server/inspect';
import { connect, givenKey, serverUrl } from '../connection/connect.ts';
import { describeError, usageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { findAccess } from './access.ts';
import type { Access } from './access.ts';
import { checkHealth, checkReady } from './check-address.ts';
import { checkCors } from './check-cors.ts';
import { checkLocal } from './check-local.ts';
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
  /** False skips the checks of this machine. */
  local?: boolean | undefined;
}

/** The default of HEARTBEAT_MS. */
const DEFAULT_HEARTBEAT_MS = 15_000;

/** Runs all checks, one after the other. */
export async function* examine(options: DoctorOptions, output: Output): AsyncGenerator<Finding> {
  const { config, findings } = readSettings();
  if (options.local !== false) {
    yield* findings;
    if (config !== null) yield* checkLocal(config, { ask: options.ask === true });
  }
  const url = addressOf(options, config);
  try {
    yield* checkFromOutside(url, options, config, output);
  } catch (error) {
    yield problem(
      'address',
      `a request failed: ${reasonOf(error)}`,
      'Check whether a proxy or firewall cuts connections.',
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
  const streamAccess = access ?? (await accessAsUser(url, options, output));
  yield* await checkStream(url, streamAccess);
  if (access === null) {
    const advice =
      'Run this with the server’s settings, or set MILLRACE_KEY to an administrator’s session token.';
    yield warning('request headers', 'not checked: the server shows them to administrators only', advice);
  } else yield* await checkRequest(url, access);
  yield* await checkCors(url, config?.CORS_ORIGINS ?? []);
  if (options.idle === undefined) return;
  yield await checkSilence(
    url,
    streamAccess,
    secondsOf(options.idle),
    config?.HEARTBEAT_MS ?? DEFAULT_HEARTBEAT_MS,
  );
}

/** Test streams need a session, but no administrator. */
async function accessAsUser(url: string, { key }: DoctorOptions, output: Output): Promise<Access> {
  const { token } = await connect({ url, key }, output);
  return { query: {}, headers: { authorization: `Bearer ${token}` } };
}

/** Reads the settings of this environment; null when one is wrong. */
function readSettings(): { config: Config | null; findings: Finding[] } {
  try {
    const config = readConfig(process.env);
    return { config, findings: [ok('settings', 'are valid')] };
  } catch (error) {
    const { message } = describeError(error);
    return {
      config: null,
      findings: [problem('settings', message, 'Correct this setting: the server doesn’t start with it.')],
    };
  }
}

/** @throws CommandError when the address of the server is unknown or invalid */
function addressOf({ url }: DoctorOptions, config: Config | null): string {
  if (url !== undefined) return serverUrl({ url });
  if (config === null) throw usageError('A setting is wrong, so the address is unknown. Give it with --url.');
  return browserUrlOf(config, config.PORT);
}

/** @throws CommandError */
function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 600) return seconds;
  throw usageError(`--idle takes a number of seconds up to 600, not "${text}".`);
}
