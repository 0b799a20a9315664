/** What there is to know of a server's settings and of what it keeps, without running it. Changes nothing of either. */
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemClock } from './adapters/system/clock.ts';
import { createOperatorPass } from './adapters/system/operator-pass.ts';
import type { Config } from './config.ts';
import { secretFile } from './data-dir.ts';
import { inspectDatabase } from './inspect-database.ts';
import type { DatabaseReport } from './inspect-database.ts';
import { isDemoModel, modelsOf, pricesOf } from './models.ts';
import type { ModelSink } from './ports/model-provider.ts';
import { SILENT } from './storage.ts';
import type { Place } from './storage.ts';

export { inspectRedis } from './inspect-redis.ts';

export interface StorageReport extends DatabaseReport {
  /** For people: the folder, or the address without its password. */
  where: string;
  /** For whoever runs this, on the file system of the folder; null where it is PostgreSQL's. */
  freeBytes: number | null;
}

/** @throws ConfigError when it can't be opened, StorageError when it can't be written to */
export async function inspectStorage(place: Place): Promise<StorageReport> {
  const { DATA_DIR, DATABASE_URL = null } = place;
  const report = await inspectDatabase(place);
  if (DATABASE_URL !== null) return { ...report, where: withoutPassword(DATABASE_URL), freeBytes: null };
  const { bavail, bsize } = await statfs(existingFolder(DATA_DIR));
  return { ...report, where: DATA_DIR, freeBytes: bavail * bsize };
}

function withoutPassword(address: string): string {
  const url = new URL(address);
  url.password = '';
  return url.href;
}

/** Lets `millrace doctor` ask a running server about itself; null where none has run here. @throws ConfigError */
export async function operatorPass(place: Place): Promise<string | null> {
  const secret = await secretOf(place);
  return secret && createOperatorPass(secret, systemClock.now());
}

async function secretOf({ DATA_DIR, DATABASE_URL = null }: Place): Promise<string | null> {
  if (DATABASE_URL !== null) {
    const { findSecret } = await import('./postgres-storage.ts');
    return findSecret(DATABASE_URL);
  }
  const file = secretFile(DATA_DIR);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

export interface ModelAnswer {
  model: string;
  /** What it said; null where it only counted tokens, which costs nothing. */
  text: string | null;
  milliseconds: number;
}

/**
 * Asks the default model: to count the tokens of a word, or, which costs a little, to say one.
 * @returns null where the demo model answers, or none at all
 * @throws ReplyError by what is wrong with the model
 */
export async function askModel(
  config: Config,
  { generate }: { generate: boolean },
  signal: AbortSignal,
): Promise<ModelAnswer | null> {
  if (isDemoModel(config)) return null;
  const models = modelsOf(config, null, { prices: pricesOf(config), clock: systemClock, logger: SILENT });
  if (models === null) return null;
  const model = config.GEMINI_MODEL;
  const startedAt = performance.now();
  try {
    let text: string | null = null;
    if (generate) {
      text = '';
      const sink = { ...DEAF, text: (said: string) => (text += said) };
      await models.generate({ ...TINY_REQUEST, model }, sink, signal);
    } else await models.countTokens(model, 'mill', signal);
    return { model, text, milliseconds: Math.round(performance.now() - startedAt) };
  } finally {
    await models.close();
  }
}

const TINY_REQUEST = {
  system: null,
  turns: [{ role: 'user' as const, text: 'Answer with the one word: ready' }],
  maxOutputTokens: 256,
  parameters: { temperature: null, thinking: 'off' as const, safety: {} },
  continuation: null,
};

const ignore = () => {};
const DEAF: ModelSink = {
  text: ignore,
  thought: ignore,
  media: ignore,
  source: ignore,
  signature: ignore,
  model: ignore,
  usage: ignore,
  again: () => 0,
  notice: ignore,
};

/** The folder itself, or the one it would be made in. */
function existingFolder(folder: string): string {
  let path = resolve(folder);
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  return path;
}
