import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** A secret kept in a file only its owner can read; made when there is none. No secret has a default. */
export function secretFromFile(path: string): string {
  try {
    // `wx`: of two processes that start together one makes it, and both read it.
    writeFileSync(path, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

/** A fresh token for one purpose. */
export function newToken(): string {
  return randomBytes(16).toString('base64url');
}
