import { createClient, createCluster } from '@redis/client';

const CONNECT_TIMEOUT_MS = 3000;
/** The longest time between two attempts to reach a node of a cluster. */
const MAX_BACKOFF_MS = 1000;

/** The client of one server, or of a cluster: one connection, or one to each node. */
export interface RedisClient {
  readonly isCluster: boolean;
  connect(): Promise<void>;
  /** Rejects when the server doesn't answer or doesn't accept writes. */
  probe(): Promise<void>;
  /** @param key tells a cluster which node to ask */
  send(key: string | undefined, words: string[]): Promise<unknown>;
  subscribe(channel: string, onMessage: (message: string, channel: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /**
   * @param onLost called when the client can't be used any more
   * @param onGap called when messages may have been missed, though the client reconnects by itself
   */
  watch(onLost: (error: unknown) => void, onGap: () => void): void;
  destroy(): void;
}

/** @param urls of one server, or of some nodes of a cluster */
export function createRedisClient(urls: readonly string[]): RedisClient {
  const [url, ...others] = urls;
  if (url === undefined) throw new Error('No Redis URL was given');
  return others.length === 0 ? single(url) : cluster(urls);
}

const COMMON_OPTIONS = {
  disableClientInfo: true,
  maintNotifications: 'disabled',
  disableOfflineQueue: true,
} as const;

function single(url: string): RedisClient {
  const client = createClient({
    url,
    ...COMMON_OPTIONS,
    // RedisLink reconnects, because it knows what must be done afterwards.
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
  });
  return {
    isCluster: false,
    connect: async () => void (await client.connect()),
    // A write that changes nothing. A server that became a replica keeps its connections, and answers reads only.
    probe: async () => void (await client.sendCommand(['DEL', 'millrace:probe'])),
    send: (_key, words) => client.sendCommand(words),
    subscribe: (channel, onMessage) => client.sSubscribe(channel, onMessage),
    unsubscribe: (channel) => client.sUnsubscribe(channel),
    watch: (onLost) => void client.on('error', onLost).on('end', () => onLost(new Error('It was closed'))),
    destroy: () => client.destroy(),
  };
}

function cluster(urls: readonly string[]): RedisClient {
  // Nodes that the client discovers need the same credentials.
  const { protocol, username, password } = new URL(urls[0] ?? '');
  const client = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: {
      ...COMMON_OPTIONS,
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      socket: {
        ...(protocol === 'rediss:' && { tls: true }),
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, MAX_BACKOFF_MS),
      },
    },
  });
  return {
    isCluster: true,
    connect: async () => void (await client.connect()),
    // The client itself finds the replica that replaces a node.
    probe: async () => void (await client.sendCommand(undefined, false, ['PING'])),
    send: (key, words) => client.sendCommand(key, false, words),
    subscribe: (channel, onMessage) => client.sSubscribe(channel, onMessage),
    unsubscribe: (channel) => client.sUnsubscribe(channel),
    // The client itself reconnects to a node.
    watch: (_onLost, onGap) => {
      client.on('error', onGap);
      client.on('node-ready', onGap);
    },
    destroy: () => client.destroy(),
  };
}
