import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Logger } from '../ports/logger.ts';
import type { Environment } from './environment.ts';
import type { Metrics } from './metrics.ts';

/** Requests that are logged as `info`; others are logged as `debug`. */
const API_PATH = /^\/(api|v1|chat)\//;

/** A secret: with the token of a link, anyone can read the chat. */
const SHARE_TOKEN = /(\/api\/shares\/|\/share\/)[^/]+/;

/** Logs one line for each request. Queries, headers and bodies are never logged: they may contain messages and credentials. */
export function logRequests(logger: Logger, metrics: Metrics): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const milliseconds = performance.now() - startedAt;
    // A stream is written to the socket directly, so Hono doesn't know its status.
    const { outgoing } = c.env;
    const status = outgoing?.headersSent ? outgoing.statusCode : c.res.status;
    // After `next`, this is the route that answered.
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
    if (API_PATH.test(c.get('path') ?? '')) logger.info(fields, 'request');
    else logger.debug(fields, 'request');
  };
}
