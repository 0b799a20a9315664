/** What there is to know of a server's settings and its `DATA_DIR` without running it. Changes nothing of either. */
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { systemClock } from './adapters/system/clock.ts';
import { createOperatorPass } from './adapters/system/operator-pass.ts';
import type { Config } from './config.ts';
import { SILENT } from './data-dir.ts';
import { inspectDatabase } from './inspect-database.ts';
import { isDemoModel, modelsOf, pricesOf } from './models.ts';
import type { ModelSink } from './ports/model-provider.ts';

export interface DataDirReport {
  /** Whether there is a database yet. */
  exists: boolean;
  /** Names of what `millrace migrate`, or a start of the server, would do to it. */
  pendingMigrations: string[];
  /** For whoever runs this, on the file system of the folder. */
  freeBytes: number;
}

/** @throws ConfigError when it can't be opened, StorageError when it can't be written to */
export async function inspectDataDir(config: Config): Promise<DataDirReport> {
  const { bavail, bsize } = await statfs(existingFolder(config.DATA_DIR));
  return { ...(await inspectDatabase(config)), freeBytes: bavail * bsize };
}

/** Lets `millrace doctor` ask a running server about itself; null where none has run here. */
export function operatorPass({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string | null {
  const file = join(DATA_DIR, 'secret');
  return existsSync(file) ? createOperatorPass(readFileSync(file, 'utf8').trim(), systemClock.now()) : null;
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
  manner: { temperature: null, thinking: 'off' as const, safety: {} },
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
