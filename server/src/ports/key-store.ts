import type { ApiKey, User } from '@millrace/protocol';

export interface NewKey {
  name: string;
  /** SHA-256 in hexadecimal digits: the key itself is kept nowhere. */
  hash: string;
  /** The first characters of the key, by which its user recognizes it. */
  prefix: string;
  /** When it stops being one (ms); null never. */
  expiresAt: number | null;
}

export interface KnownKey {
  id: string;
  user: User;
  /** In ms; null never. */
  expiresAt: number | null;
  lastUsedAt: number | null;
}

/**
 * API keys. Each method is one transaction.
 *
 * The law: somebody sees and revokes their own alone, and a key goes with its user.
 */
export interface KeyStore {
  /** @param maxKeys how many the user may have, this one included @throws ProblemError `forbidden` */
  createKey(userId: string, key: NewKey, maxKeys: number): Promise<ApiKey>;
  /** Oldest first. */
  listKeys(userId: string): Promise<ApiKey[]>;
  /** @throws ProblemError `not_found` */
  revokeKey(userId: string, keyId: string): Promise<void>;
  /** Null when there is none. Whether it has expired is for the caller to see. */
  findKey(hash: string): Promise<KnownKey | null>;
  recordKeyUse(keyId: string): Promise<void>;
}
