import { ProblemError } from '../../core/errors.ts';
import type { AppContext } from '../environment.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A cookie is sent by the browser whatever page asks; so a request that changes something by a cookie must come from our
 * own pages or from origins we were told of. For requests that nothing but a cookie speaks for, and for those that get one.
 * @throws ProblemError `forbidden`
 */
export function checkOrigin(c: AppContext, trustedOrigins: readonly string[]): void {
  if (SAFE_METHODS.has(c.req.method)) return;
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  // Browsers send at least one of the two with every such request; programs send neither.
  if (site === 'same-origin' || (origin === undefined && (site === undefined || site === 'none'))) return;
  if (origin !== undefined && trustedOrigins.includes(origin)) return;
  if (origin !== undefined && site === undefined && URL.canParse(origin)) {
    if (new URL(origin).host === c.req.header('host')) return;
  }
  throw foreignOrigin();
}

/**
 * The same for a GET that costs something: a link, an image or a prefetch of any page would send the cookie with it.
 * @throws ProblemError `forbidden` unless an `EventSource` of our own pages or of an origin we were told of asks
 */
export function checkSpendingGet(c: AppContext, trustedOrigins: readonly string[]): void {
  const origin = c.req.header('origin');
  const isTrusted = origin !== undefined && trustedOrigins.includes(origin);
  const isEventSource = (c.req.header('accept') ?? '').includes('text/event-stream');
  if (isEventSource && (isTrusted || c.req.header('sec-fetch-site') === 'same-origin')) return;
  throw foreignOrigin();
}

function foreignOrigin(): ProblemError {
  return new ProblemError(
    'forbidden',
    'From this origin nothing may be changed by a cookie. See CORS_ORIGINS.',
  );
}
