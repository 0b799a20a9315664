/**
 * A key of 128 random bits for one request that makes something: sent again with it, the request makes nothing new.
 * Not `crypto.randomUUID`, which pages have only over https and on localhost.
 */
export function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
