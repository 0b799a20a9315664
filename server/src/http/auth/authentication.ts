import type { IncomingMessage } from 'node:http';
import type { HostUser } from '../../ports/host-user.ts';

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
