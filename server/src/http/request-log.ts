import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Logger } from '../ports/logger.ts';
import type { Environment } from './environment.ts';
import type { Metrics } from './metrics.ts';

/** What is logged as `info`; the rest as `debug`. */
const CALLS = /^\/(api|v1|chat)\//;

/** In a path: it is all that one needs to read a shared chat. */
const SHARE_TOKEN = /(\/api\/shares\/|\/share\/)[^/]+/;

/** One line a request: never a query, a header or a body, which may hold what people wrote or who they are. */
export function logRequests(logger: Logger, metrics: Metrics): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const milliseconds = performance.now() - startedAt;
    // A stream's response was sent past Hono, which knows no status of it.
    const { outgoing } = c.env;
    const status = outgoing?.headersSent ? outgoing.statusCode : c.res.status;
    // After `next`, the route that was entered last: the one that answered.
    const route = routePath(c);
    metrics.observeRequest({ method: c.req.method, route, status }, milliseconds / 1000);
    const fields = {
      requestId: c.get('requestId'),
      userId: c.get('user')?.id,
      method: c.req.method,
      path: c.req.path.replace(SHARE_TOKEN, '$1…'),
      status,
      milliseconds: Math.round(milliseconds * 10) / 10,
    };
    if (CALLS.test(c.get('path') ?? '')) logger.info(fields, 'request');
    else logger.debug(fields, 'request');
  };
}
