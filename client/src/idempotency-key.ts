/**
 * A key of 128 random bits for one request that makes something: sent again with it, the request makes nothing new.
 * Not `crypto.randomUUID`, which pages have only over https and on localhost.
 */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
