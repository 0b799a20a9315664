import { ProblemError } from '../../core/errors.ts';
import type { HostUsers } from '../../core/host-users.ts';
import type { AppContext } from '../environment.ts';
import type { Authentication } from './authentication.ts';
import type { Authenticator, Caller } from './authenticator.ts';
import { hasApiKey } from './session-authenticator.ts';

/** Authenticates by the host application, or by our own API keys. */
export class HostAuthenticator implements Authenticator {
  readonly #authentication: Authentication;
  readonly #users: HostUsers;
  readonly #keyAuthenticator: Authenticator;

  constructor(authentication: Authentication, users: HostUsers, keyAuthenticator: Authenticator) {
    this.#authentication = authentication;
    this.#users = users;
    this.#keyAuthenticator = keyAuthenticator;
  }

  async authenticate(c: AppContext): Promise<Caller> {
    const { url, method, headers } = c.req.raw;
    if (hasApiKey(headers)) return this.#keyAuthenticator.authenticate(c);
    // `Request` doesn't support TRACE, which no route accepts anyway.
    const request = new Request(url, { method: method === 'TRACE' ? 'GET' : method, headers });
    const caller = await this.#authentication.authenticate(request, c.env.incoming);
    if (caller === null || caller === undefined) throw new ProblemError('unauthenticated', 'Sign in first.');
    const credential = caller.credential === 'bearer' ? 'token' : 'cookie';
    return { user: await this.#users.resolve(caller), credential };
  }

  clearCache(): void {
    this.#users.forget();
    this.#keyAuthenticator.clearCache();
  }
}
