import type { User } from '@millrace/protocol';
import { LRUCache } from 'lru-cache';
import type { HostUser } from '../ports/host-user.ts';
import type { Store } from '../store/store.ts';
import type { Identity } from '../store/transactions/users.ts';

/** Of our own name for it: issuers of JWTs begin with `host:`, and ours is `local`. */
const HOST_ISSUER = 'host';
/** What changed here about a user by another process counts after so long at most (ms). */
const KEPT_FOR = 5000;
const KEPT_AT_MOST = 10_000;

interface KnownUser {
  /** All that the host said of them: when it says something else, that counts at once. */
  told: string;
  user: User;
}

/** The host application's users, as users of this server. */
export class HostUsers {
  readonly #store: Store;
  #known = newCache();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The user somebody is here, created on first sight. @throws TypeError for what nobody can be known by */
  async resolve(hostUser: HostUser): Promise<User> {
    const identity = identityOf(hostUser);
    const told = JSON.stringify(identity);
    const cache = this.#known;
    const known = cache.get(identity.subject);
    if (known?.told === told) return known.user;
    const user = await this.#store.resolveUser(identity);
    cache.set(identity.subject, { told, user });
    return user;
  }

  /** Asks anew about everybody. */
  forget(): void {
    // A new one: lookups under way answer who asked before.
    this.#known = newCache();
  }
}

function newCache(): LRUCache<string, KnownUser> {
  return new LRUCache({ max: KEPT_AT_MOST, ttl: KEPT_FOR });
}

function identityOf({ id, name, email, roles }: HostUser): Identity {
  const isNumber = typeof id === 'number' && Number.isSafeInteger(id);
  if (!isNumber && (typeof id !== 'string' || id === '')) {
    throw new TypeError('The "id" of a user of the host application must be a text or a whole number.');
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
