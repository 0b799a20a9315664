import { createClient } from '@redis/client';
import type { Publisher, Subscriber } from 'resumable-stream/generic';

/** The Redis that `resumable-stream` needs, with the client that its documentation recommends. */
export async function redisPubSub(url: string): Promise<{ publisher: Publisher; subscriber: Subscriber }> {
  const publisher = createClient({ url });
  const subscriber = createClient({ url });
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return {
    publisher: {
      connect: async () => {},
      publish: (channel, message) => publisher.publish(channel, message),
      set: (key, value, options) => publisher.set(key, value, options),
      get: (key) => publisher.get(key),
      incr: (key) => publisher.incr(key),
    },
    subscriber: {
      connect: async () => {},
      subscribe: (channel, listener) => subscriber.subscribe(channel, listener),
      unsubscribe: (channel) => subscriber.unsubscribe(channel),
    },
  };
}
