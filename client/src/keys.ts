import type { ApiKey, NewApiKey } from '@millrace/protocol';
import { createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export interface KeyWish {
  name: string;
  /** An instant, ISO 8601; null or absent is never. */
  expiresAt?: string | null;
}

/** API keys of the caller, who must have signed in: a key can't see or make any. */
export interface Keys {
  list(options?: CallOptions): Promise<ApiKey[]>;
  /** The answer is the one place where the key itself is told. */
  create(wish: KeyWish, options?: CallOptions): Promise<NewApiKey>;
  revoke(keyId: string, options?: CallOptions): Promise<void>;
}

export function createKeys(clientOptions: ClientOptions = {}): Keys {
  const transport = createTransport(clientOptions);
  return {
    list: async (options) => {
      const { items } = await readJson<{ items: ApiKey[] }>(await transport('/api/keys', { ...options }));
      return items;
    },
    create: async (wish, options) =>
      readJson(await transport('/api/keys', { method: 'POST', body: wish, ...options })),
    revoke: async (keyId, options) => {
      await transport(`/api/keys/${keyId}`, { method: 'DELETE', ...options });
    },
  };
}
