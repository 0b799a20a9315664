import type { Config } from '@millrace/server/config';
import {
  askModel,
  inspectRedis,
  inspectStorage,
  PROVIDER_NAMES,
  providerLabels,
} from '@millrace/server/inspect';
import type { ProviderLabels } from '@millrace/server/inspect';
import { checkLedger } from '@millrace/server/operator';
import { describeError } from '../errors.ts';
import { demoFinding } from './demo-finding.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';

const MEGABYTE = 1024 * 1024;
const GIGABYTE = 1024 * MEGABYTE;
const MIN_FREE_BYTES = 100 * MEGABYTE;
const LOW_FREE_BYTES = GIGABYTE;
const MODEL_TIMEOUT_MS = 30_000;

/** Checks the model, the database, the disk and Redis, with the settings of this environment. */
export async function* checkLocal(config: Config, { ask }: { ask: boolean }): AsyncGenerator<Finding> {
  yield await checkModel(config, ask);
  yield* checkStorage(config);
  if (config.REDIS_URL.length > 0) yield await checkRedis(config.REDIS_URL);
}

async function checkModel(config: Config, generate: boolean): Promise<Finding> {
  try {
    const answer = await askModel(config, { generate }, AbortSignal.timeout(MODEL_TIMEOUT_MS));
    if (answer !== null) {
      const what = answer.text === null ? 'counted tokens' : `answered "${answer.text.trim()}"`;
      return ok('model', `${answer.model} ${what}, ${answer.roundTripMs} ms`);
    }
    if (config.AI_PROVIDER === 'none') {
      const advice = `No replies can be generated. Set AI_PROVIDER to ${PROVIDER_NAMES.join(' or ')}.`;
      return warning('model', 'AI_PROVIDER is none', advice);
    }
    return demoFinding('model', config.AI_PROVIDER);
  } catch (error) {
    const { code, message } = describeError(error);
    if (code === 'invalid_settings') return problem('model', message, 'Correct the setting.');
    const labels = providerLabels(config.AI_PROVIDER);
    const model = labels?.defaultModel(config) ?? 'the model';
    return problem('model', `${model} failed: ${message} (${code})`, adviceOn(code, labels));
  }
}

function adviceOn(code: string, labels: ProviderLabels | null): string {
  if (code === 'model_key_invalid' && labels !== null) return `Check ${labels.keySetting}.`;
  if (code === 'model_not_found' && labels !== null) return `Check ${labels.modelSetting}.`;
  if (code === 'model_quota_exhausted') return 'Check the billing of the API key’s project.';
  return 'Check that this machine can reach the model’s service, and look at the service’s status page.';
}

async function* checkStorage(config: Config): AsyncGenerator<Finding> {
  try {
    const { where, exists, pendingMigrations, freeBytes } = await inspectStorage(config);
    if (freeBytes !== null) yield spaceFinding(freeBytes);
    if (!exists) {
      yield warning(
        'database',
        `there is none in ${where} yet`,
        'The first start creates it. If the server has started before, check DATA_DIR and DATABASE_URL.',
      );
      return;
    }
    yield ok('database', `can be read and written: ${where}`);
    if (pendingMigrations.length > 0) {
      const detail = `pending: ${pendingMigrations.join(', ')}`;
      yield warning('migrations', detail, 'Run millrace migrate, or restart the server.');
      return;
    }
    yield ok('migrations', 'none are pending');
    const { length } = await checkLedger(config);
    yield length === 0
      ? ok('ledger', 'balances')
      : problem(
          'ledger',
          `does not balance: ${length} ${length === 1 ? 'discrepancy' : 'discrepancies'}`,
          'Run millrace ledger check for details.',
        );
  } catch (error) {
    const { message } = describeError(error);
    yield problem(
      'database',
      message,
      config.DATABASE_URL === null
        ? 'Check the owner of DATA_DIR, and that its disk is neither full nor read-only.'
        : 'Check that PostgreSQL is running, and that DATABASE_URL is correct.',
    );
  }
}

function spaceFinding(freeBytes: number): Finding {
  const free = `${(freeBytes / GIGABYTE).toFixed(1)} GB free`;
  const advice = 'Free disk space: a server that can’t write can’t reply.';
  if (freeBytes < MIN_FREE_BYTES) return problem('disk', free, advice);
  return freeBytes < LOW_FREE_BYTES ? warning('disk', free, advice) : ok('disk', free);
}

async function checkRedis(urls: readonly string[]): Promise<Finding> {
  try {
    const { version, roundTripMs, evicts } = await inspectRedis(urls);
    const answer = `version ${version}, answered in ${roundTripMs.toFixed(1)} ms`;
    if (!evicts) return ok('Redis', answer);
    const detail = `${answer}, evicts keys when its memory is full`;
    return warning(
      'Redis',
      detail,
      'Set maxmemory-policy to noeviction: an evicted key may be part of a reply.',
    );
  } catch (error) {
    return problem(
      'Redis',
      describeError(error).message,
      'Check that Redis is running, and that REDIS_URL is correct.',
    );
  }
}
