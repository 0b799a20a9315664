import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { setDefaultHeader } from './default-headers.ts';
import type { Environment } from './environment.ts';

/** The response headers that scripts of other origins may read. */
const EXPOSED_HEADERS = [
  'set-auth-token',
  'Retry-After',
  'RateLimit-Policy',
  'RateLimit',
  'X-Request-Id',
  'X-Chat-Id',
  'X-Generation-Id',
  'Stream-Next-Offset',
  'Stream-Cursor',
  'Stream-Up-To-Date',
  'Stream-Closed',
  'ETag',
  'Content-Disposition',
];

/** CORS. @param origins the origins that may send credentials and read responses */
export function crossOrigin(origins: readonly string[]): MiddlewareHandler<Environment> {
  const answer = cors({ origin: [...origins], credentials: true, exposeHeaders: EXPOSED_HEADERS });
  return (c, next) => {
    const { method } = c.req;
    const mayBeAllowed = origins.length > 0 && c.req.header('origin') !== undefined;
    if (mayBeAllowed || method === 'OPTIONS') return answer(c, next);
    // Hono's middleware would copy the response, which takes longer than most requests.
    setDefaultHeader(c, 'Vary', 'Origin');
    return next();
  };
}
