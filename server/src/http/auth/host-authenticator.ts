import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../core/errors.ts';
import type { HostUsers } from '../../core/host-users.ts';
import type { HostUser } from '../../ports/host-user.ts';
import type { AppContext } from '../environment.ts';
import type { Authenticator, Caller } from './authenticator.ts';
import { hasApiKey } from './session-authenticator.ts';

/** The user of the host application that a request comes from. */
export interface HostCaller extends HostUser {
  /**
   * How the request was authenticated. Browsers send cookies (and client certificates, and HTTP authentication) with the
   * requests of any page. So unless this is `bearer`, requests that change something are accepted only from pages of our own
   * origin or of `CORS_ORIGINS`.
   */
  credential?: 'cookie' | 'bearer' | undefined;
}

/** The host application's own authentication. */
export interface Authentication {
  /**
   * Returns the user a request comes from; null answers it with a 401.
   * @param request without its body
   * @param incoming the request as `node:http` and the host's middleware know it, if it came through `node:http`
   */
  authenticate(
    request: Request,
    incoming: IncomingMessage | undefined,
  ): HostCaller | null | undefined | Promise<HostCaller | null | undefined>;
}

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
