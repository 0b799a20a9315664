import { createClient, createCluster } from '@redis/client';

/** How long a connection may take to begin (ms). */
const CONNECT_TIMEOUT = 3000;
/** How long a node of a cluster is waited for before it is tried again, at most (ms). */
const LONGEST_BACKOFF = 1000;

/** What is needed of a client of one server, or of a cluster: one connection, or one to each node. */
export interface RedisClient {
  readonly isCluster: boolean;
  connect(): Promise<void>;
  /** Rejects when it is of no use: for it doesn't answer, or takes no writes. */
  probe(): Promise<void>;
  /** @param key by which a cluster finds the node */
  send(key: string | undefined, words: string[]): Promise<unknown>;
  subscribe(channel: string, told: (message: string, channel: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /**
   * @param onLost called when it is of no use any more
   * @param onDoubt called when something may not have come through, though it goes on
   */
  watch(onLost: (error: unknown) => void, onDoubt: () => void): void;
  destroy(): void;
}

/** @param urls of one server, or of some nodes of a cluster */
export function createRedisClient(urls: readonly string[]): RedisClient {
  const [url, ...others] = urls;
  if (url === undefined) throw new Error('No address of Redis');
  return others.length === 0 ? single(url) : cluster(urls);
}

const ALL = { disableClientInfo: true, maintNotifications: 'disabled', disableOfflineQueue: true } as const;

function single(url: string): RedisClient {
  const client = createClient({
    url,
    ...ALL,
    // Begun anew by whoever holds it, who then knows what may be lost.
    socket: { connectTimeout: CONNECT_TIMEOUT, reconnectStrategy: false },
  });
  return {
    isCluster: false,
    connect: async () => void (await client.connect()),
    // A write that changes nothing: one that was made a replica answers, and keeps its connections.
    probe: async () => void (await client.sendCommand(['DEL', 'millrace:probe'])),
    send: (_key, words) => client.sendCommand(words),
    subscribe: (channel, told) => client.sSubscribe(channel, told),
    unsubscribe: (channel) => client.sUnsubscribe(channel),
    watch: (onLost) => void client.on('error', onLost).on('end', () => onLost(new Error('It was closed'))),
    destroy: () => client.destroy(),
  };
}

function cluster(urls: readonly string[]): RedisClient {
  // Those that are found by themselves take the same.
  const { protocol, username, password } = new URL(urls[0] ?? '');
  const client = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: {
      ...ALL,
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      socket: {
        ...(protocol === 'rediss:' && { tls: true }),
        connectTimeout: CONNECT_TIMEOUT,
        reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, LONGEST_BACKOFF),
      },
    },
  });
  return {
    isCluster: true,
    connect: async () => void (await client.connect()),
    // Whose place is taken by which replica the client finds out by itself.
    probe: async () => void (await client.sendCommand(undefined, false, ['PING'])),
    send: (key, words) => client.sendCommand(key, false, words),
    subscribe: (channel, told) => client.sSubscribe(channel, told),
    unsubscribe: (channel) => client.sUnsubscribe(channel),
    // A node that is lost is found again by the client itself.
    watch: (_onLost, onDoubt) => {
      client.on('error', onDoubt);
      client.on('node-ready', onDoubt);
    },
    destroy: () => client.destroy(),
  };
}
