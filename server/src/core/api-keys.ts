import type { ApiKey, NewApiKey, User } from '@millrace/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../store/store.ts';
import type { KnownKey } from '../store/transactions/api-keys.ts';
import { ProblemError } from './errors.ts';
import { hashOf, toHex } from './secret-hash.ts';

const KEY_SCHEME = 'mk_';
/** Random bytes of a key: with so many a plain hash keeps it, and needs no salt. */
const KEY_BYTES = 24;
/** How many characters of a key are stored and shown. */
const PREFIX_CHARS = KEY_SCHEME.length + 4;
/** A user has no use for more. */
const MAX_KEYS = 100;

/** Whether a bearer token is one of ours. */
export function isApiKey(token: string): boolean {
  return token.startsWith(KEY_SCHEME);
}

/** Keys by which programs call in their user's name. Kept as their hashes. */
export class ApiKeys {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * @param expiresAt in ms; null never
   * @returns with the key itself, which is told this once
   * @throws ProblemError `forbidden`, `invalid_request`
   */
  async create(
    user: User,
    { name, expiresAt }: { name: string; expiresAt: number | null },
  ): Promise<NewApiKey> {
    if (user.kind === 'guest') throw new ProblemError('forbidden', 'Guests have no API keys. Sign up first.');
    if (expiresAt !== null && expiresAt <= this.#clock.now()) {
      throw new ProblemError('invalid_request', 'expiresAt must be in the future.', {
        errors: [{ path: 'expiresAt', message: 'must be in the future' }],
      });
    }
    const key = KEY_SCHEME + toHex(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
    const stored = { name, hash: await hashOf(key), prefix: key.slice(0, PREFIX_CHARS), expiresAt };
    return { ...(await this.#store.createKey(user.id, stored, MAX_KEYS)), key };
  }

  list(userId: string): Promise<ApiKey[]> {
    return this.#store.listKeys(userId);
  }

  /** @throws ProblemError `not_found` */
  revoke(userId: string, keyId: string): Promise<void> {
    return this.#store.revokeKey(userId, keyId);
  }

  /** Null for one that never was, was revoked, or has expired. */
  async find(key: string): Promise<KnownKey | null> {
    const known = await this.#store.findKey(await hashOf(key));
    const hasExpired = known !== null && known.expiresAt !== null && known.expiresAt <= this.#clock.now();
    return hasExpired ? null : known;
  }
}
