import { LRUCache } from 'lru-cache';
import type { User } from '@millrace/protocol';
import { isApiKey } from '../../core/api-keys.ts';
import type { ApiKeys } from '../../core/api-keys.ts';
import { ProblemError } from '../../core/errors.ts';
import type { Accounts, JwtVerifier, VerifiedCredential } from '../../ports/accounts.ts';
import type { KeyStore } from '../../ports/key-store.ts';
import type { Logger } from '../../ports/logger.ts';
import type { UserStore } from '../../ports/user-store.ts';
import type { AppContext } from '../environment.ts';

/** A session lookup takes about 2 ms; a session that was revoked elsewhere lives on for so long at most (ms). */
const KEPT_FOR = 5000;
const KEPT_AT_MOST = 10_000;

/** Three base64url parts are a JWT; our own session tokens have one or two. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** The last use of a key is written down at most this often (ms). */
const USE_RESOLUTION = 60_000;

export interface Caller {
  user: User;
  /** What of the request said so. */
  credential: Credential['kind'];
}

interface CallerDependencies {
  /** Null where others know the sessions. */
  accounts: Accounts | null;
  jwtVerifier: JwtVerifier | null;
  keys: ApiKeys;
  store: UserStore & Pick<KeyStore, 'recordKeyUse'>;
  logger: Logger;
}

/** Finds out who a request comes from. */
export interface Callers {
  /** @throws ProblemError `unauthenticated`, `identity_unavailable` */
  resolve(c: AppContext): Promise<Caller>;
  /** Asks anew about everybody. */
  forget(): void;
}

/** Callers by our own sessions and keys, and by the tokens of a host application. */
export class CallerResolver implements Callers {
  readonly #dependencies: CallerDependencies;
  readonly #known = new LRUCache<string, User>({ max: KEPT_AT_MOST, ttl: KEPT_FOR });
  /** A page that opens sends many requests at once: they share a lookup. */
  #lookups = new Map<string, Promise<User>>();

  constructor(dependencies: CallerDependencies) {
    this.#dependencies = dependencies;
  }

  async resolve(c: AppContext): Promise<Caller> {
    const credential = credentialOf(c.req.raw.headers);
    if (credential === null) throw new ProblemError('unauthenticated', 'Sign in first.');
    return { user: await this.#userOf(credential), credential: credential.kind };
  }

  /** A session may be known by its cookie and by its token, and has just changed. */
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
    const { user, until } =
      credential.kind === 'key' ? await this.#ownerOf(credential) : await this.#sessionOf(credential);
    const ttl = Math.min(KEPT_FOR, until - Date.now());
    // Not if anything has changed since the session was looked up.
    if (ttl > 0 && lookups === this.#lookups) this.#known.set(credential.value, user, { ttl });
    return user;
  }

  async #ownerOf({ value }: Credential): Promise<{ user: User; until: number }> {
    const { keys, store, logger } = this.#dependencies;
    const known = await keys.find(bearerToken(value));
    if (known === null) {
      throw new ProblemError('unauthenticated', 'The API key is wrong, was revoked, or has expired.');
    }
    const { id, user, expiresAt, lastUsedAt } = known;
    if ((lastUsedAt ?? 0) < Date.now() - USE_RESOLUTION) {
      // Nobody waits for it, nor is refused because it can't be written.
      store
        .recordKeyUse(id)
        .catch((error: unknown) => logger.warn({ err: error }, 'the use of an API key was not noted'));
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
      // Of several credentials only this one counts: a bad token isn't made good by a cookie.
      const header = kind === 'cookie' ? 'cookie' : 'authorization';
      const identity = await accounts?.identify(new Headers({ [header]: value }));
      return identity ? { identity, expiresAt: Number.POSITIVE_INFINITY } : null;
    }
    if (jwtVerifier === null) {
      throw new ProblemError(
        'unauthenticated',
        'This server takes no JWTs: neither JWT_SECRET nor JWKS_URL is set.',
      );
    }
    return jwtVerifier.verify(token);
  }
}

interface Credential {
  kind: 'token' | 'key' | 'cookie';
  /** Of its header. */
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

/** Whether a request comes with one of our keys, whoever knows its sessions. */
export function bearsApiKey(headers: Headers): boolean {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  return token !== undefined && isApiKey(token);
}

/** @throws ProblemError `unauthenticated` when the header is of another scheme */
function bearerToken(authorization: string): string {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw new ProblemError('unauthenticated', 'Authorization takes a Bearer token.');
  return token;
}
