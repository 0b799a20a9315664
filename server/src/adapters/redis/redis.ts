import { createHash } from 'node:crypto';
import { StorageError } from '../../core/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RedisClient } from './redis-client.ts';
import { RedisLink } from './redis-link.ts';

/** Redis is blocked while a script runs. */
const MAX_ITEMS_PER_CALL = 64;
const SUBSCRIPTION_TIMEOUT_MS = 3000;

/** The keys and arguments of one of many items that a script handles. All its keys are in one slot. */
export interface ScriptItem {
  keys: readonly string[];
  words: readonly string[];
}

/** A Lua script, and the digest by which Redis caches it. */
export interface RedisScript {
  readonly text: string;
  readonly digest: string;
}

export function redisScript(text: string): RedisScript {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/** Receives published messages. */
export interface RedisListener {
  onMessage(message: string, channel: string): void;
  /** Messages may have been missed: the connection is new. */
  onGap(): void;
}

/** Redis, or Valkey, or a cluster of these: a connection for commands, and one for subscriptions. */
export class Redis {
  readonly #commands: RedisLink;
  readonly #subscriber: RedisLink;
  /** By channel, the subscription under way; null when it is subscribed. */
  readonly #channels = new Map<string, Promise<void> | null>();
  #listener: RedisListener = { onMessage() {}, onGap() {} };
  #onReconnect: () => void = () => {};

  constructor({ urls, logger }: { urls: readonly string[]; logger: Logger }) {
    this.#commands = new RedisLink({ urls, logger, purpose: 'commands', onGap: () => this.#onReconnect() });
    this.#subscriber = new RedisLink({
      urls,
      logger,
      purpose: 'subscriptions',
      prepare: (client) => this.#subscribeAll(client),
      onGap: () => this.#listener.onGap(),
    });
  }

  async open(): Promise<void> {
    await Promise.all([this.#commands.open(), this.#subscriber.open()]);
  }

  close(): void {
    this.#commands.close();
    this.#subscriber.close();
  }

  /** Sends messages of the subscribed channels to this listener. */
  listen(listener: RedisListener): void {
    this.#listener = listener;
  }

  /** Sets a function that is called after each reconnection: Redis may have lost data. */
  onReconnect(onReconnect: () => void): void {
    this.#onReconnect = onReconnect;
  }

  /** @param words the arguments after the key; @throws StorageError */
  async send(command: string, key: string, ...words: string[]): Promise<unknown> {
    const client = this.#commands.connected;
    try {
      return await client.send(key, [command, key, ...words]);
    } catch (cause) {
      throw asStorageError(cause);
    }
  }

  /** Runs a script on keys of one slot. Fails at once while Redis can't be reached. @throws StorageError */
  async run(script: RedisScript, keys: readonly string[], words: readonly string[]): Promise<unknown> {
    const client = this.#commands.connected;
    const rest = [String(keys.length), ...keys, ...words];
    try {
      return await client.send(keys[0], ['EVALSHA', script.digest, ...rest]);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw asStorageError(error);
    }
    try {
      return await client.send(keys[0], ['EVAL', script.text, ...rest]);
    } catch (cause) {
      throw asStorageError(cause);
    }
  }

  /** Like `run`, with the signature of Redis clients. */
  eval(text: string, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
    return this.run(redisScript(text), options.keys, options.arguments);
  }

  /**
   * Runs a script for many items in as few calls as possible: in a cluster one for each item.
   * @param shared arguments before those of the items
   * @returns for each call its items, and the script's answer or error
   */
  async runEach<Item extends ScriptItem>(
    script: RedisScript,
    shared: readonly string[],
    items: readonly Item[],
  ) {
    const isCluster = this.#commands.client?.isCluster ?? false;
    const calls: Promise<{ items: Item[]; outcome: PromiseSettledResult<unknown> }>[] = [];
    const size = isCluster ? 1 : MAX_ITEMS_PER_CALL;
    for (let index = 0; index < items.length; index += size) {
      const some = items.slice(index, index + size);
      const call = this.run(
        script,
        some.flatMap(({ keys }) => keys),
        [...shared, ...some.flatMap(({ words }) => words)],
      );
      calls.push(Promise.allSettled([call]).then(([outcome]) => ({ items: some, outcome })));
    }
    return Promise.all(calls);
  }

  /** @returns whether the subscription is new; @throws StorageError */
  async subscribe(channel: string): Promise<boolean> {
    let subscribing = this.#channels.get(channel);
    if (subscribing === null) return false;
    if (subscribing === undefined) {
      subscribing = this.#subscribe(channel);
      this.#channels.set(channel, subscribing);
    }
    await subscribing;
    if (this.#channels.get(channel) === subscribing) this.#channels.set(channel, null);
    return true;
  }

  unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    // A failure doesn't matter: the next connection doesn't subscribe to the channel.
    this.#subscriber.client?.unsubscribe(channel).catch(() => {});
  }

  async #subscribe(channel: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Redis doesn’t answer')), SUBSCRIPTION_TIMEOUT_MS);
    });
    try {
      await Promise.race([this.#subscriber.connected.subscribe(channel, this.#onMessage), timeout]);
    } catch (cause) {
      throw asStorageError(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  async #subscribeAll(client: RedisClient): Promise<void> {
    await Promise.all(
      [...this.#channels.keys()].map((channel) => client.subscribe(channel, this.#onMessage)),
    );
    for (const channel of this.#channels.keys()) this.#channels.set(channel, null);
  }

  readonly #onMessage = (message: string, channel: string) => this.#listener.onMessage(message, channel);
}

/** Turns an error of the Redis client into a StorageError. */
export function asStorageError(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  return new StorageError('Redis can’t be read or written.', { cause });
}
