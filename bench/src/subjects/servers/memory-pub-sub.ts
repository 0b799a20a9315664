import type { Publisher, Subscriber } from 'resumable-stream/generic';

/**
 * An in-memory replacement for the Redis that `resumable-stream` needs. It favours that package: there is no other process and
 * no persistence.
 */
export function memoryPubSub(): { publisher: Publisher; subscriber: Subscriber } {
  const values = new Map<string, string>();
  const listeners = new Map<string, (message: string) => void>();
  return {
    publisher: {
      connect: async () => {},
      publish: async (channel, message) => {
        listeners.get(channel)?.(message);
        return 1;
      },
      set: async (key, value) => {
        values.set(key, value);
        return 'OK';
      },
      get: async (key) => values.get(key) ?? null,
      incr: async (key) => {
        const next = Number(values.get(key) ?? 0) + 1;
        values.set(key, String(next));
        return next;
      },
    },
    subscriber: {
      connect: async () => {},
      subscribe: async (channel, listener) => {
        listeners.set(channel, listener);
      },
      unsubscribe: async (channel) => {
        listeners.delete(channel);
      },
    },
  };
}
