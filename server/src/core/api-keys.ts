import type { ApiKey, NewApiKey, User } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../store/store.ts';
import type { KnownKey } from '../store/transactions/api-keys.ts';
import { ProblemError } from './errors.ts';
import { hashOf, toHex } from './secret-hash.ts';
import { wrongField } from './wrong-field.ts';

const KEY_SCHEME = 'mk_';
/** A key of this many random bytes is safe behind an unsalted hash. */
const KEY_BYTES = 24;
/** The start of a key that is stored in clear and shown in lists. */
const PREFIX_CHARS = KEY_SCHEME.length + 4;
const MAX_KEYS_PER_USER = 100;

/** Whether a bearer token has the form of an API key. */
export function isApiKey(token: string): boolean {
  return token.startsWith(KEY_SCHEME);
}

/** API keys, with which programs act as their user. Only their hashes are stored. */
export class ApiKeys {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * @param expiresAt in ms since 1970; null for a key that doesn't expire
   * @returns the key itself too, which can't be read again
   * @throws ProblemError `forbidden`, `invalid_request`
   */
  async create(
    user: User,
    { name, expiresAt }: { name: string; expiresAt: number | null },
  ): Promise<NewApiKey> {
    if (user.kind === 'guest') throw new ProblemError('forbidden', 'Guests have no API keys. Sign up first.');
    if (expiresAt !== null && expiresAt <= this.#clock.now()) {
      throw wrongField('expiresAt', 'must be in the future');
    }
    const key = KEY_SCHEME + toHex(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
    const stored = { name, hash: await hashOf(key), prefix: key.slice(0, PREFIX_CHARS), expiresAt };
    return { ...(await this.#store.createKey(user.id, stored, MAX_KEYS_PER_USER)), key };
  }

  list(userId: string): Promise<ApiKey[]> {
    return this.#store.listKeys(userId);
  }

  /** @throws ProblemError `not_found` */
  revoke(userId: string, keyId: string): Promise<void> {
    return this.#store.revokeKey(userId, keyId);
  }

  /** Null for a key that doesn't exist, was revoked or has expired. */
  async find(key: string): Promise<KnownKey | null> {
    const known = await this.#store.findKey(await hashOf(key));
    const hasExpired = known !== null && known.expiresAt !== null && known.expiresAt <= this.#clock.now();
    return hasExpired ? null : known;
  }
}
