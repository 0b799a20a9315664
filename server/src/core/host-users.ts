import type { User } from '@millrace/protocol';
import { LRUCache } from 'lru-cache';
import type { HostUser } from '../ports/host-user.ts';
import type { Store } from '../store/store.ts';
import type { Identity } from '../store/transactions/users.ts';

/** Distinct from the issuers of JWTs, which start with `host:`, and from `local`, which is this server. */
const HOST_ISSUER = 'host';
/** A change of a user by another process takes effect after this time at the latest. */
const CACHE_TTL_MS = 5000;
const CACHE_MAX_ENTRIES = 10_000;

interface CachedUser {
  /** The identity as the host described it. A different description takes effect at once. */
  identityJson: string;
  user: User;
}

/** The host application's users, as users of this server. */
export class HostUsers {
  readonly #store: Store;
  #cache = newCache();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The user of a host user, created on the first call. @throws TypeError for an invalid id */
  async resolve(hostUser: HostUser): Promise<User> {
    const identity = identityOf(hostUser);
    const identityJson = JSON.stringify(identity);
    const cache = this.#cache;
    const cached = cache.get(identity.subject);
    if (cached?.identityJson === identityJson) return cached.user;
    const user = await this.#store.resolveUser(identity);
    cache.set(identity.subject, { identityJson, user });
    return user;
  }

  /** Empties the cache. */
  forget(): void {
    // A lookup in progress writes to the old cache.
    this.#cache = newCache();
  }
}

function newCache(): LRUCache<string, CachedUser> {
  return new LRUCache({ max: CACHE_MAX_ENTRIES, ttl: CACHE_TTL_MS });
}

function identityOf({ id, name, email, roles }: HostUser): Identity {
  const isNumber = typeof id === 'number' && Number.isSafeInteger(id);
  if (!isNumber && (typeof id !== 'string' || id === '')) {
    throw new TypeError('The "id" of a host user must be a non-empty string or an integer.');
  }
  const subject = String(id);
  return {
    issuer: HOST_ISSUER,
    subject,
    kind: 'host',
    name: name ?? subject,
    email: email ?? null,
    ...(roles !== undefined && { role: roles.includes('admin') ? ('admin' as const) : ('user' as const) }),
  };
}
