import type { MiddlewareHandler } from 'hono';
import { ProblemError } from '../../core/errors.ts';
import type { Environment } from '../environment.ts';
import { hostnameOf, isLoopback } from './loopback.ts';

/**
 * Refuses requests that name a host which isn't ours: a page whose name was made to point to this machine (DNS rebinding)
 * is same-origin for the browser, so no check of origins would see it.
 * @param hostnames taken besides those of loopback; null takes any
 * @throws ProblemError `forbidden`
 */
export function checkHost(hostnames: readonly string[] | null): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const hostname = hostnameOf(c.req.header('host') ?? '');
    if (hostnames !== null && !isLoopback(hostname) && !hostnames.includes(hostname)) {
      throw new ProblemError(
        'forbidden',
        'This server is not known by this name. If it should be, set PUBLIC_URL.',
      );
    }
    await next();
  };
}
