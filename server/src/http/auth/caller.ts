import { LRUCache } from 'lru-cache';
import type { User } from '@millrace/protocol';
import { ProblemError } from '../../core/errors.ts';
import type { Accounts, HostTokens, Vouched } from '../../ports/accounts.ts';
import type { UserStore } from '../../ports/user-store.ts';

/** A session lookup takes about 2 ms; a session that was revoked elsewhere lives on for so long at most (ms). */
const KEPT_FOR = 5000;
const KEPT_AT_MOST = 10_000;

/** Three base64url parts are a JWT; our own session tokens have one or two. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

interface Caller {
  user: User;
  /** Which of the credentials of the request counted. */
  credential: 'authorization' | 'cookie';
}

/** Finds out who a request comes from. */
export class CallerResolver {
  readonly #accounts: Accounts;
  readonly #hostTokens: HostTokens | null;
  readonly #store: UserStore;
  readonly #known = new LRUCache<string, User>({ max: KEPT_AT_MOST, ttl: KEPT_FOR });
  /** A page that opens sends many requests at once: they share a lookup. */
  #lookups = new Map<string, Promise<User>>();

  constructor(dependencies: { accounts: Accounts; hostTokens: HostTokens | null; store: UserStore }) {
    this.#accounts = dependencies.accounts;
    this.#hostTokens = dependencies.hostTokens;
    this.#store = dependencies.store;
  }

  /** @throws ProblemError `unauthenticated`, `identity_unavailable` */
  async resolve(headers: Headers): Promise<Caller> {
    const credential = credentialOf(headers);
    if (credential === null) throw new ProblemError('unauthenticated', 'Sign in first.');
    return { user: await this.#userOf(credential), credential: credential.header };
  }

  /** Asks anew about everybody: a session may be known by its cookie and by its token, and has just changed. */
  forget(): void {
    this.#known.clear();
    // Those under way answer who asked before.
    this.#lookups = new Map();
  }

  #userOf(credential: Credential): User | Promise<User> {
    const { value } = credential;
    const known = this.#known.get(value) ?? this.#lookups.get(value);
    if (known !== undefined) return known;
    const lookups = this.#lookups;
    const lookup = this.#lookUp(credential, lookups).finally(() => lookups.delete(value));
    lookups.set(value, lookup);
    return lookup;
  }

  async #lookUp(credential: Credential, lookups: Map<string, Promise<User>>): Promise<User> {
    const vouched = await this.#identify(credential);
    if (vouched === null) throw new ProblemError('unauthenticated', 'The session has ended. Sign in again.');
    const user = await this.#store.resolveUser(vouched.identity);
    const ttl = Math.min(KEPT_FOR, vouched.until - Date.now());
    // Not if anything has changed since the session was looked up.
    if (ttl > 0 && lookups === this.#lookups) this.#known.set(credential.value, user, { ttl });
    return user;
  }

  async #identify({ header, value }: Credential): Promise<Vouched | null> {
    const token = header === 'authorization' ? bearerToken(value) : null;
    if (token === null || !JWT.test(token)) {
      // Of several credentials only this one counts: a bad token isn't made good by a cookie.
      const identity = await this.#accounts.identify(new Headers({ [header]: value }));
      return identity && { identity, until: Number.POSITIVE_INFINITY };
    }
    if (this.#hostTokens === null) {
      throw new ProblemError(
        'unauthenticated',
        'This server takes no JWTs: neither JWT_SECRET nor JWKS_URL is set.',
      );
    }
    return this.#hostTokens.verify(token);
  }
}

interface Credential {
  header: 'authorization' | 'cookie';
  value: string;
}

function credentialOf(headers: Headers): Credential | null {
  for (const header of ['authorization', 'cookie'] as const) {
    const value = headers.get(header);
    if (value !== null && value !== '') return { header, value };
  }
  return null;
}

/** @throws ProblemError `unauthenticated` when the header is of another scheme */
function bearerToken(authorization: string): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw new ProblemError('unauthenticated', 'Authorization takes a Bearer token.');
  return token;
}
