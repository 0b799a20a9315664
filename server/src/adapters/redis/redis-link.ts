import { performance } from 'node:perf_hooks';
import { StorageError } from '../../core/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import { Reconnection } from '../system/reconnection.ts';
import { createRedisClient } from './redis-client.ts';
import type { RedisClient } from './redis-client.ts';

/** How often it is seen whether Redis is still good for something, and how long that may take (ms): of a cut line nobody is told. */
const PROBE_INTERVAL = 2000;
const PROBE_TIMEOUT = 3000;

export interface RedisLinkOptions {
  urls: readonly string[];
  logger: Logger;
  /** What it is good for, in the log. */
  purpose: string;
  /** Called with each new connection, before it counts as one. */
  prepare?: (client: RedisClient) => Promise<void>;
  /** Called after each connection that was made, and when something may not have come through. */
  onDoubt?: () => void;
}

/** A connection to Redis, or one to each node of a cluster, that is made anew for ever. */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #reconnection = new Reconnection();
  #client: RedisClient | null = null;
  /** The one that is being connected, or is connected. */
  #current: RedisClient | null = null;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
  }

  /** Resolves when it is connected, or has found that it can't be yet. */
  async open(): Promise<void> {
    await this.#connect();
  }

  /** Null while there is no connection. */
  get client(): RedisClient | null {
    return this.#client;
  }

  /** @throws StorageError */
  get connected(): RedisClient {
    if (this.#client === null) throw new StorageError('Redis can’t be reached right now.');
    return this.#client;
  }

  close(): void {
    this.#reconnection.close();
    this.#current?.destroy();
    this.#client = null;
    this.#current = null;
  }

  /** Never rejects. */
  async #connect(): Promise<void> {
    const client = createRedisClient(this.#options.urls);
    this.#current = client;
    client.watch(
      (error) => this.#lost(client, error),
      () => this.#options.onDoubt?.(),
    );
    try {
      await client.connect();
      await client.probe();
      await this.#options.prepare?.(client);
    } catch (error) {
      this.#lost(client, error);
    }
    if (this.#current !== client) return;
    if (this.#reconnection.failures > 1)
      this.#options.logger.info({}, `Redis (${this.#options.purpose}) is back`);
    this.#reconnection.connected();
    this.#client = client;
    this.#reconnection.after(PROBE_INTERVAL, () => this.#probe(client));
    this.#options.onDoubt?.();
  }

  async #probe(client: RedisClient): Promise<void> {
    const asked = performance.now();
    const deadline = setTimeout(() => {
      // After a pause of our own the answer may be here, unread.
      if (performance.now() - asked < 2 * PROBE_TIMEOUT)
        this.#lost(client, new Error('Redis does not answer'));
    }, PROBE_TIMEOUT);
    try {
      await client.probe();
    } catch (error) {
      this.#lost(client, error);
    } finally {
      clearTimeout(deadline);
    }
    if (this.#client === client) this.#reconnection.after(PROBE_INTERVAL, () => this.#probe(client));
  }

  #lost(client: RedisClient, error: unknown): void {
    if (this.#current !== client) return;
    this.#client = null;
    this.#current = null;
    client.destroy();
    if (this.#reconnection.isClosed) return;
    const { logger, purpose } = this.#options;
    if (this.#reconnection.failures === 1)
      logger.warn({ err: error }, `Redis (${purpose}) can’t be reached; it is tried again`);
    this.#reconnection.again(() => this.#connect());
  }
}
