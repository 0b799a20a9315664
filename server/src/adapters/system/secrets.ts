import { createHmac, randomBytes } from 'node:crypto';
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

/** What the first sign-up must bring, whichever process it comes to: the same from all that share a secret. */
export function setupTokenOf(secret: string): string {
  // The secret signs sessions too: what is signed here begins as nothing there does.
  return createHmac('sha256', secret).update('millrace set-up token').digest('base64url').slice(0, 22);
}

/** A fresh token for one purpose. */
export function newToken(): string {
  return randomBytes(16).toString('base64url');
}
