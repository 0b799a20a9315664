/**
 * An idempotency key of 128 random bits. Repeating a request with the same key creates nothing new.
 * `crypto.randomUUID` exists only in pages served over https or from localhost.
 */
export function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
