import type { Config } from '@millrace/server/config';
import { askModel, inspectRedis, inspectStorage } from '@millrace/server/inspect';
import { checkLedger } from '@millrace/server/operator';
import { describeError } from '../errors.ts';
import { ok, problem, warning } from './finding.ts';
import type { Finding } from './finding.ts';

const MEGABYTE = 1024 * 1024;
const LITTLE_SPACE = 1024 * MEGABYTE;
const NO_SPACE = 100 * MEGABYTE;
const MODEL_PATIENCE = 30_000;

/** What stands beside the server, by the settings of this environment. */
export async function* checkHere(config: Config, { ask }: { ask: boolean }): AsyncGenerator<Finding> {
  yield await checkModel(config, ask);
  yield* checkStorage(config);
  if (config.REDIS_URL.length > 0) yield await checkRedis(config.REDIS_URL);
}

async function checkModel(config: Config, generate: boolean): Promise<Finding> {
  try {
    const answer = await askModel(config, { generate }, AbortSignal.timeout(MODEL_PATIENCE));
    if (answer !== null) {
      const did = answer.text === null ? 'counts tokens' : `says "${answer.text.trim()}"`;
      return ok('model', `${answer.model} ${did}, ${answer.roundTripMs} ms`);
    }
    if (config.AI_PROVIDER === 'none') return warning('model', 'AI_PROVIDER is none', 'Nobody can be asked.');
    return warning('model', 'no GEMINI_API_KEY: the demo model answers', 'Set GEMINI_API_KEY for Gemini.');
  } catch (error) {
    const { code, message } = describeError(error);
    return problem('model', `${config.GEMINI_MODEL} doesn’t answer: ${message} (${code})`, adviceOn(code));
  }
}

function adviceOn(code: string): string {
  if (code === 'model_key_invalid') return 'Check GEMINI_API_KEY.';
  if (code === 'model_not_found') return 'Check GEMINI_MODEL.';
  if (code === 'model_quota_exhausted') return 'Look at the billing of the key’s project.';
  return 'Is the model’s service reachable from this machine? Its status page may say more.';
}

async function* checkStorage(config: Config): AsyncGenerator<Finding> {
  try {
    const { where, exists, pendingMigrations, freeBytes } = await inspectStorage(config);
    if (freeBytes !== null) yield spaceFinding(freeBytes);
    if (!exists) {
      yield warning(
        'database',
        `none yet in ${where}`,
        'The first start makes it. Are DATA_DIR and DATABASE_URL the server’s?',
      );
      return;
    }
    yield ok('database', `opens, and can be written to, in ${where}`);
    if (pendingMigrations.length > 0) {
      const detail = `its tables are of an older version (${pendingMigrations.join(', ')})`;
      yield warning('migrations', detail, 'The next start brings them up to date; so does millrace migrate.');
      return;
    }
    yield ok('migrations', 'the tables are of this version');
    const { length } = await checkLedger(config);
    yield length === 0
      ? ok('ledger', 'balances')
      : problem('ledger', `it is wrong in ${length} places`, 'millrace ledger check says where.');
  } catch (error) {
    const { message } = describeError(error);
    yield problem(
      'database',
      message,
      config.DATABASE_URL === null
        ? 'Who owns the folder, and is its disk full or read-only?'
        : 'Does PostgreSQL run, and is DATABASE_URL right?',
    );
  }
}

function spaceFinding(freeBytes: number): Finding {
  const free = `${(freeBytes / LITTLE_SPACE).toFixed(1)} GB are free`;
  const advice = 'Make room: a server that can’t write can’t reply.';
  if (freeBytes < NO_SPACE) return problem('disk', free, advice);
  return freeBytes < LITTLE_SPACE ? warning('disk', free, advice) : ok('disk', free);
}

async function checkRedis(urls: readonly string[]): Promise<Finding> {
  try {
    const { version, roundTripMs, evicts } = await inspectRedis(urls);
    const answer = `answers in ${roundTripMs.toFixed(1)} ms, version ${version}`;
    if (!evicts) return ok('Redis', answer);
    const detail = `${answer}, and throws keys away when its memory is full`;
    return warning(
      'Redis',
      detail,
      'Set its maxmemory-policy to noeviction: what it throws away may be a reply.',
    );
  } catch (error) {
    return problem('Redis', describeError(error).message, 'Does it run, and is REDIS_URL right?');
  }
}
