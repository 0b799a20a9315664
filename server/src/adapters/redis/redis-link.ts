import { performance } from 'node:perf_hooks';
import { StorageError } from '../../core/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import { Reconnection } from '../system/reconnection.ts';
import { createRedisClient } from './redis-client.ts';
import type { RedisClient } from './redis-client.ts';

/** How often the connection is checked: a cut line isn't reported. */
const PROBE_INTERVAL_MS = 2000;
const PROBE_TIMEOUT_MS = 3000;

export interface RedisLinkOptions {
  urls: readonly string[];
  logger: Logger;
  /** Used in log messages. */
  purpose: string;
  /** Called with each new connection before it is used. */
  prepare?: (client: RedisClient) => Promise<void>;
  /** Called after each new connection, and when messages may have been missed. */
  onGap?: () => void;
}

/** A connection to Redis, or one to each node of a cluster. It reconnects until it is closed. */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #reconnection = new Reconnection();
  #client: RedisClient | null = null;
  /** The client that is connecting or connected. */
  #current: RedisClient | null = null;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
  }

  /** Resolves when it is connected, or when the first attempt has failed. */
  async open(): Promise<void> {
    await this.#connect();
  }

  /** Null while there is no connection. */
  get client(): RedisClient | null {
    return this.#client;
  }

  /** @throws StorageError */
  get connected(): RedisClient {
    if (this.#client === null) throw new StorageError('Redis can’t be reached.');
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
      (error) => this.#onLost(client, error),
      () => this.#options.onGap?.(),
    );
    try {
      await client.connect();
      await client.probe();
      await this.#options.prepare?.(client);
    } catch (error) {
      this.#onLost(client, error);
    }
    if (this.#current !== client) return;
    if (this.#reconnection.failures > 1)
      this.#options.logger.info({}, `reconnected to Redis (${this.#options.purpose})`);
    this.#reconnection.connected();
    this.#client = client;
    this.#reconnection.schedule(PROBE_INTERVAL_MS, () => this.#probe(client));
    this.#options.onGap?.();
  }

  async #probe(client: RedisClient): Promise<void> {
    const askedAt = performance.now();
    const deadline = setTimeout(() => {
      // After a pause of this process the answer may be here, unread.
      if (performance.now() - askedAt < 2 * PROBE_TIMEOUT_MS)
        this.#onLost(client, new Error('Redis doesn’t answer'));
    }, PROBE_TIMEOUT_MS);
    try {
      await client.probe();
    } catch (error) {
      this.#onLost(client, error);
    } finally {
      clearTimeout(deadline);
    }
    if (this.#client === client) this.#reconnection.schedule(PROBE_INTERVAL_MS, () => this.#probe(client));
  }

  #onLost(client: RedisClient, error: unknown): void {
    if (this.#current !== client) return;
    this.#client = null;
    this.#current = null;
    client.destroy();
    if (this.#reconnection.isClosed) return;
    const { logger, purpose } = this.#options;
    if (this.#reconnection.failures === 1)
      logger.warn({ err: error }, `can’t reach Redis (${purpose}); reconnecting`);
    this.#reconnection.reconnect(() => this.#connect());
  }
}
