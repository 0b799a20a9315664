import { createRedisClient } from './adapters/redis/redis-client.ts';
import { asStorageError } from './adapters/redis/redis.ts';

export interface RedisReport {
  /** Of Redis, or as Valkey says it. */
  version: string;
  /** From asking to the answer. */
  milliseconds: number;
  /** Whether it throws away what it was told to keep when its memory is full. */
  evicts: boolean;
}

/** Asks Redis about itself. @throws StorageError when it doesn't answer */
export async function inspectRedis(urls: readonly string[]): Promise<RedisReport> {
  const client = createRedisClient(urls);
  // Of what goes wrong the calls tell.
  client.watch(
    () => {},
    () => {},
  );
  try {
    await client.connect();
    const askedAt = performance.now();
    const said = String(await client.send(undefined, ['INFO']));
    const milliseconds = performance.now() - askedAt;
    const of = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(said)?.[1];
    const evicts = of('maxmemory') !== '0' && of('maxmemory_policy') !== 'noeviction';
    return { version: of('redis_version') ?? 'unknown', milliseconds, evicts };
  } catch (cause) {
    throw asStorageError(cause);
  } finally {
    client.destroy();
  }
}
