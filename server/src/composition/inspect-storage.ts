/** Checks of a server's storage without starting a server. They change nothing. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../adapters/system/clock.ts';
import { createOperatorPass } from '../adapters/system/operator-pass.ts';
import { findDataDirSecret, inspectDataDir } from './data-dir.ts';
import type { DatabaseReport, StorageLocation } from './storage.ts';

export interface StorageReport extends DatabaseReport {
  /** The folder, or the address without its password. */
  where: string;
  /** What the current user may still write to the file system of the folder; null for PostgreSQL. */
  freeBytes: number | null;
}

/** @throws ConfigError when the database can't be opened, StorageError when it can't be written to */
export async function inspectStorage(location: StorageLocation): Promise<StorageReport> {
  const { DATA_DIR, DATABASE_URL = null } = location;
  const report = await inspectDatabase(location);
  if (DATABASE_URL !== null) return { ...report, where: withoutPassword(DATABASE_URL), freeBytes: null };
  const { bavail, bsize } = await statfs(nearestFolder(DATA_DIR));
  return { ...report, where: DATA_DIR, freeBytes: bavail * bsize };
}

/** @throws ConfigError when the database can't be opened, StorageError when it can't be written to */
export async function inspectDatabase({
  DATA_DIR,
  DATABASE_URL = null,
}: StorageLocation): Promise<DatabaseReport> {
  if (DATABASE_URL === null) return inspectDataDir(DATA_DIR);
  const { inspectPostgres } = await import('./postgres-storage.ts');
  return inspectPostgres(DATABASE_URL);
}

/**
 * Makes a pass that lets `millrace doctor` ask a running server for diagnostics.
 * @returns null when no server has run on this storage
 * @throws ConfigError
 */
export async function operatorPass(location: StorageLocation): Promise<string | null> {
  const secret = await secretOf(location);
  return secret === null ? null : createOperatorPass(secret, systemClock.now());
}

async function secretOf({ DATA_DIR, DATABASE_URL = null }: StorageLocation): Promise<string | null> {
  if (DATABASE_URL === null) return findDataDirSecret(DATA_DIR);
  const { findSecret } = await import('./postgres-storage.ts');
  return findSecret(DATABASE_URL);
}

function withoutPassword(address: string): string {
  const url = new URL(address);
  url.password = '';
  return url.href;
}

/** The folder itself, or the nearest one above it that exists. */
function nearestFolder(folder: string): string {
  let path = resolve(folder);
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  return path;
}
