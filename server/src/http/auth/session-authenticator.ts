import { LRUCache } from 'lru-cache';
import type { User } from '@millrace/protocol';
import { isApiKey } from '../../core/api-keys.ts';
import type { ApiKeys } from '../../core/api-keys.ts';
import { ProblemError } from '../../core/errors.ts';
import type { Accounts, JwtVerifier, VerifiedCredential } from '../../ports/accounts.ts';
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../ports/logger.ts';
import type { AppContext } from '../environment.ts';
import type { Authenticator, Caller, CredentialKind } from './authenticator.ts';

/** A session lookup takes about 2 ms. A session that another process revoked is still accepted for up to this time. */
const CACHE_TTL_MS = 5000;
const CACHE_MAX_ENTRIES = 10_000;

/** A JWT has three base64url parts; session tokens have one or two. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** How often the last use of an API key is recorded, at most. */
const KEY_USE_INTERVAL_MS = 60_000;

interface SessionAuthenticatorDependencies {
  /** Null if the host application manages sessions. */
  accounts: Accounts | null;
  jwtVerifier: JwtVerifier | null;
  keys: ApiKeys;
  store: Pick<Store, 'resolveUser' | 'recordKeyUse'>;
  logger: Logger;
}

/** Authenticates by our own sessions and API keys, and by JWTs of a host application. */
export class SessionAuthenticator implements Authenticator {
  readonly #dependencies: SessionAuthenticatorDependencies;
  readonly #cache = new LRUCache<string, User>({ max: CACHE_MAX_ENTRIES, ttl: CACHE_TTL_MS });
  /** A page sends many requests at once when it opens; they share one lookup. */
  #lookups = new Map<string, Promise<User>>();

  constructor(dependencies: SessionAuthenticatorDependencies) {
    this.#dependencies = dependencies;
  }

  async authenticate(c: AppContext): Promise<Caller> {
    const credential = credentialOf(c.req.raw.headers);
    if (credential === null) throw new ProblemError('unauthenticated', 'Sign in first.');
    return { user: await this.#userOf(credential), credential: credential.kind };
  }

  /** Clears everything: the same session may be cached by its cookie and by its token. */
  clearCache(): void {
    this.#cache.clear();
    // Lookups already under way still answer the requests that wait for them, but are not cached.
    this.#lookups = new Map();
  }

  #userOf(credential: Credential): User | Promise<User> {
    const { value } = credential;
    const known = this.#cache.get(value) ?? this.#lookups.get(value);
    if (known !== undefined) return known;
    const lookups = this.#lookups;
    const lookup = this.#lookUp(credential, lookups).finally(() => lookups.delete(value));
    lookups.set(value, lookup);
    return lookup;
  }

  async #lookUp(credential: Credential, lookups: Map<string, Promise<User>>): Promise<User> {
    const { user, until } =
      credential.kind === 'key' ? await this.#ownerOf(credential) : await this.#sessionOf(credential);
    const ttl = Math.min(CACHE_TTL_MS, until - Date.now());
    // Not cached if the cache was cleared during the lookup.
    if (ttl > 0 && lookups === this.#lookups) this.#cache.set(credential.value, user, { ttl });
    return user;
  }

  async #ownerOf({ value }: Credential): Promise<{ user: User; until: number }> {
    const { keys, store, logger } = this.#dependencies;
    const known = await keys.find(bearerToken(value));
    if (known === null) {
      throw new ProblemError('unauthenticated', 'The API key is wrong, was revoked, or has expired.');
    }
    const { id, user, expiresAt, lastUsedAt } = known;
    if ((lastUsedAt ?? 0) < Date.now() - KEY_USE_INTERVAL_MS) {
      // In the background: a request neither waits for this write nor fails with it.
      store
        .recordKeyUse(id)
        .catch((error: unknown) => logger.warn({ err: error }, 'failed to record the use of an API key'));
    }
    return { user, until: expiresAt ?? Number.POSITIVE_INFINITY };
  }

  async #sessionOf(credential: Credential): Promise<{ user: User; until: number }> {
    const verified = await this.#verifyCredential(credential);
    if (verified === null) throw new ProblemError('unauthenticated', 'The session has ended. Sign in again.');
    const user = await this.#dependencies.store.resolveUser(verified.identity);
    return { user, until: verified.expiresAt };
  }

  async #verifyCredential({ kind, value }: Credential): Promise<VerifiedCredential | null> {
    const { accounts, jwtVerifier } = this.#dependencies;
    const token = kind === 'cookie' ? null : bearerToken(value);
    if (token === null || !JWT.test(token)) {
      // Only this credential counts: a valid cookie doesn't make up for an invalid token.
      const header = kind === 'cookie' ? 'cookie' : 'authorization';
      const identity = await accounts?.identify(new Headers({ [header]: value }));
      return identity ? { identity, expiresAt: Number.POSITIVE_INFINITY } : null;
    }
    if (jwtVerifier === null) {
      throw new ProblemError(
        'unauthenticated',
        'This server accepts no JWTs: neither JWT_SECRET nor JWKS_URL is set.',
      );
    }
    return jwtVerifier.verify(token);
  }
}

interface Credential {
  kind: CredentialKind;
  /** The value of the header it was sent in. */
  value: string;
}

function credentialOf(headers: Headers): Credential | null {
  const authorization = headers.get('authorization');
  if (authorization !== null && authorization !== '') {
    const kind = isApiKey(bearerToken(authorization)) ? 'key' : 'token';
    return { kind, value: authorization };
  }
  const cookie = headers.get('cookie');
  return cookie === null || cookie === '' ? null : { kind: 'cookie', value: cookie };
}

/** Whether a request carries one of our API keys. */
export function hasApiKey(headers: Headers): boolean {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  return token !== undefined && isApiKey(token);
}

/** @throws ProblemError `unauthenticated` when the header is of another scheme */
function bearerToken(authorization: string): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token === undefined)
    throw new ProblemError('unauthenticated', 'The Authorization header must hold a Bearer token.');
  return token;
}
