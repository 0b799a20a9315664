import type { ApiKey, NewApiKey } from '@millrace/protocol';
import { createTransport, readJson } from './transport.ts';
import type { CallOptions, ClientOptions } from './transport.ts';

export interface KeyRequest {
  name: string;
  /** ISO 8601; null or absent: the key does not expire. */
  expiresAt?: string | null;
}

/** API keys of the caller, who must be signed in: API keys can't list or create keys. */
export interface Keys {
  list(options?: CallOptions): Promise<ApiKey[]>;
  /** The key itself is returned only here. */
  create(key: KeyRequest, options?: CallOptions): Promise<NewApiKey>;
  revoke(keyId: string, options?: CallOptions): Promise<void>;
}

export function createKeys(clientOptions: ClientOptions = {}): Keys {
  const transport = createTransport(clientOptions);
  return {
    list: async (options) => {
      const { items } = await readJson<{ items: ApiKey[] }>(await transport('/api/keys', { ...options }));
      return items;
    },
    create: async (key, options) =>
      readJson(await transport('/api/keys', { method: 'POST', body: key, ...options })),
    revoke: async (keyId, options) => {
      await transport(`/api/keys/${keyId}`, { method: 'DELETE', ...options });
    },
  };
}
