import { createHash } from 'node:crypto';
import { StorageError } from '../../core/errors.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RedisClient } from './redis-client.ts';
import { RedisLink } from './redis-link.ts';

/** So many are done by one call of a script: Redis does nothing else meanwhile. */
const AT_ONCE = 64;
/** A subscription that isn't there after so long is an error for whoever waits for it (ms). */
const SUBSCRIPTION_TIMEOUT = 3000;

/** One thing of many that a script is to do. All its keys are in one slot. */
export interface ScriptItem {
  keys: readonly string[];
  words: readonly string[];
}

/** A script in Lua, and the name Redis keeps it by. */
export interface RedisScript {
  readonly text: string;
  readonly digest: string;
}

export function redisScript(text: string): RedisScript {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/** Who hears what is published. */
export interface RedisHearing {
  told(message: string, channel: string): void;
  /** Something may not have been told: the connection was away, or comes only now. */
  missed(): void;
}

/** Redis, or Valkey, or a cluster of these: a connection for commands, and one to hear what is published. */
export class Redis {
  readonly #commands: RedisLink;
  readonly #hearing: RedisLink;
  /** With those who wait for the subscription. */
  readonly #channels = new Map<string, Promise<void> | null>();
  #listener: RedisHearing = { told() {}, missed() {} };
  #onReturn: () => void = () => {};

  constructor({ urls, logger }: { urls: readonly string[]; logger: Logger }) {
    this.#commands = new RedisLink({ urls, logger, purpose: 'commands', onDoubt: () => this.#onReturn() });
    this.#hearing = new RedisLink({
      urls,
      logger,
      purpose: 'news',
      prepare: (client) => this.#subscribeAll(client),
      onDoubt: () => this.#listener.missed(),
    });
  }

  async open(): Promise<void> {
    await Promise.all([this.#commands.open(), this.#hearing.open()]);
  }

  close(): void {
    this.#commands.close();
    this.#hearing.close();
  }

  /** Has somebody told what is published on the channels subscribed to. */
  listen(listener: RedisHearing): void {
    this.#listener = listener;
  }

  /** Has somebody called whenever Redis is there again: it may have less than it had. */
  whenBack(onReturn: () => void): void {
    this.#onReturn = onReturn;
  }

  /** @param words after the first, its key; @throws StorageError */
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

  /** The same in the words of Redis' own clients. */
  eval(text: string, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
    return this.run(redisScript(text), options.keys, options.arguments);
  }

  /**
   * Runs a script for many items in as few calls as there may be: in a cluster one for each.
   * @param shared words before those of the items
   * @returns of each call its items, and what the script said or why it failed
   */
  async runEach<Item extends ScriptItem>(
    script: RedisScript,
    shared: readonly string[],
    items: readonly Item[],
  ) {
    const isCluster = this.#commands.client?.isCluster ?? false;
    const calls: Promise<{ items: Item[]; outcome: PromiseSettledResult<unknown> }>[] = [];
    const size = isCluster ? 1 : AT_ONCE;
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

  /** @returns whether it wasn't subscribed to before; @throws StorageError */
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
    // That it can't be said now doesn't matter: a new connection doesn't subscribe to it.
    this.#hearing.client?.unsubscribe(channel).catch(() => {});
  }

  async #subscribe(channel: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('Redis does not answer')), SUBSCRIPTION_TIMEOUT);
    });
    try {
      await Promise.race([this.#hearing.connected.subscribe(channel, this.#told), timeout]);
    } catch (cause) {
      throw asStorageError(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  async #subscribeAll(client: RedisClient): Promise<void> {
    await Promise.all([...this.#channels.keys()].map((channel) => client.subscribe(channel, this.#told)));
    for (const channel of this.#channels.keys()) this.#channels.set(channel, null);
  }

  readonly #told = (message: string, channel: string) => this.#listener.told(message, channel);
}

/** What a client of Redis raised is for those who call us. */
export function asStorageError(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  return new StorageError('Redis can’t be read or written right now.', { cause });
}
