import { createRedisClient } from '../adapters/redis/redis-client.ts';
import { asStorageError } from '../adapters/redis/redis.ts';

export interface RedisReport {
  /** The version that Redis or Valkey reports. */
  version: string;
  roundTripMs: number;
  /** Whether it deletes keys when its memory is full. */
  evicts: boolean;
}

/** Asks Redis for its `INFO`. @throws StorageError when Redis doesn't answer */
export async function inspectRedis(urls: readonly string[]): Promise<RedisReport> {
  const client = createRedisClient(urls);
  // Errors also reject the calls below, so the listeners have nothing to do.
  client.watch(
    () => {},
    () => {},
  );
  try {
    await client.connect();
    const askedAt = performance.now();
    const info = String(await client.send(undefined, ['INFO']));
    const roundTripMs = performance.now() - askedAt;
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    const evicts = field('maxmemory') !== '0' && field('maxmemory_policy') !== 'noeviction';
    return { version: field('redis_version') ?? 'unknown', roundTripMs, evicts };
  } catch (cause) {
    throw asStorageError(cause);
  } finally {
    client.destroy();
  }
}
