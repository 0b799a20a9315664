import { ProblemError } from '../../core/errors.ts';
import type { AppContext } from '../environment.ts';
import { hostnameOf, isLoopback } from './loopback.ts';

/**
 * Refuses requests for a hostname that isn't ours. If a page's hostname is made to resolve to this machine (DNS rebinding), the
 * browser considers the page same-origin with us, so checking origins isn't enough.
 * @param hostnames accepted besides loopback; null accepts any
 * @throws ProblemError `forbidden`
 */
export function checkHost(c: AppContext, hostnames: readonly string[] | null): void {
  if (hostnames === null) return;
  const hostname = hostnameOf(c.req.header('host') ?? '');
  if (isLoopback(hostname) || hostnames.includes(hostname)) return;
  throw new ProblemError(
    'forbidden',
    'This server doesn’t answer under this hostname. If it should, set PUBLIC_URL.',
  );
}
