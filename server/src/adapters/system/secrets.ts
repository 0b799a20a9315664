import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** Reads the secret in a file that only its owner can read. Creates a random one when there is no file. */
export function secretFromFile(path: string): string {
  try {
    // `wx`: when two processes start at once, one creates the file and both read it.
    writeFileSync(path, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

/** The token of the first sign-up. All processes with the same secret have the same token. */
export function setupTokenOf(secret: string): string {
  // The secret also signs sessions, so the signed text begins with a prefix that no session has.
  return createHmac('sha256', secret).update('millrace set-up token').digest('base64url').slice(0, 22);
}

/** A random token of 128 bits. */
export function newToken(): string {
  return randomBytes(16).toString('base64url');
}
