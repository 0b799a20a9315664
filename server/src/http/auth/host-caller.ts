import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../core/errors.ts';
import type { HostUsers } from '../../core/host-users.ts';
import type { HostUser } from '../../ports/host-user.ts';
import type { AppContext } from '../environment.ts';
import { bearsApiKey } from './caller.ts';
import type { Caller, Callers } from './caller.ts';

/** Whom the host application takes a request's sender for. */
export interface HostCaller extends HostUser {
  /**
   * What spoke for them. Cookies, and whatever else a browser sends by itself, it sends whatever page asks: so unless it is
   * said to be `bearer`, what is changed must be asked for by pages of our own origin or of `CORS_ORIGINS`.
   */
  credential?: 'cookie' | 'bearer' | undefined;
}

/** The host application's own authentication. */
export interface Authentication {
  /**
   * Answers who sent a request, or null for nobody: a 401.
   * @param request without its body, which is ours to read
   * @param incoming the same as `node:http` has it, with what the host's middleware put there; where it came that way
   */
  authenticate(
    request: Request,
    incoming: IncomingMessage | undefined,
  ): HostCaller | null | undefined | Promise<HostCaller | null | undefined>;
}

/** Callers by the word of the host application, or by keys of ours. */
export class HostCallers implements Callers {
  readonly #authentication: Authentication;
  readonly #users: HostUsers;
  readonly #byKey: Callers;

  constructor(authentication: Authentication, users: HostUsers, byKey: Callers) {
    this.#authentication = authentication;
    this.#users = users;
    this.#byKey = byKey;
  }

  async resolve(c: AppContext): Promise<Caller> {
    const { url, method, headers } = c.req.raw;
    if (bearsApiKey(headers)) return this.#byKey.resolve(c);
    // There is no `Request` of that method; it is answered like others that no route takes.
    const request = new Request(url, { method: method === 'TRACE' ? 'GET' : method, headers });
    const caller = await this.#authentication.authenticate(request, c.env.incoming);
    if (caller === null || caller === undefined) throw new ProblemError('unauthenticated', 'Sign in first.');
    const credential = caller.credential === 'bearer' ? 'token' : 'cookie';
    return { user: await this.#users.resolve(caller), credential };
  }

  forget(): void {
    this.#users.forget();
    this.#byKey.forget();
  }
}
