import { ProblemError } from '../../core/errors.ts';
import type { AppContext } from '../environment.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Browsers send cookies with the requests of any page (CSRF). So a request that changes something and is authenticated by a
 * cookie, or that receives one, must come from our own pages or from a trusted origin.
 * @throws ProblemError `forbidden`
 */
export function checkOrigin(c: AppContext, trustedOrigins: readonly string[]): void {
  if (SAFE_METHODS.has(c.req.method)) return;
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  // Browsers send at least one of the two headers; programs send neither.
  if (site === 'same-origin' || (origin === undefined && (site === undefined || site === 'none'))) return;
  if (origin !== undefined && trustedOrigins.includes(origin)) return;
  if (origin !== undefined && site === undefined && URL.canParse(origin)) {
    if (new URL(origin).host === c.req.header('host')) return;
  }
  throw foreignOrigin();
}

/**
 * The same for a GET that is charged: a link, an image or a prefetch on any page would send the cookie.
 * @throws ProblemError `forbidden` unless the request comes from an `EventSource` of our own pages or of a trusted origin
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
    'This server refuses this request from the page’s origin. The operator can add the origin to CORS_ORIGINS.',
  );
}
