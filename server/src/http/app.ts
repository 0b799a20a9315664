import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { ProblemError } from '../core/errors.ts';
import { AccessControl } from './auth/access-control.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { HostAuthenticator } from './auth/host-authenticator.ts';
import { SessionAuthenticator } from './auth/session-authenticator.ts';
import type { AppContext, Environment, HttpDependencies } from './environment.ts';
import { crossOrigin } from './cross-origin.ts';
import { setDefaultHeader } from './default-headers.ts';
import { answerError } from './problem.ts';
import { ReplyStarter } from './reply-starter.ts';
import { logRequests } from './request-log.ts';
import { routeGroups } from './route-groups.ts';
import { RouteTable } from './route-table.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { serveWebApp } from './web-app.ts';

/** The whole HTTP surface of Millrace, under its prefix. */
export function createApp(dependencies: HttpDependencies): Hono<Environment> {
  const { settings, logger, metrics } = dependencies;
  const authenticator = authenticatorOf(dependencies);
  const access = new AccessControl(authenticator, dependencies);
  const replies = new ReplyStarter(dependencies);
  const groups = routeGroups(dependencies, authenticator, replies);
  const table = new RouteTable(groups.flatMap(({ routes }) => routes));
  const app = new Hono<Environment>().basePath(settings.prefix);

  app.use(async (c, next) => {
    c.set('requestId', randomUUID());
    c.set('path', c.req.path.slice(settings.prefix.length));
    setDefaultHeader(c, 'X-Request-Id', c.get('requestId'));
    for (const [name, value] of SECURITY_HEADERS) setDefaultHeader(c, name, value);
    await next();
  });
  app.use(logRequests(logger, metrics));
  for (const path of table.userPaths) {
    app.use(path, (c, next) => {
      access.checkHost(c);
      return next();
    });
    app.use(path, crossOrigin(settings.corsOrigins));
  }
  for (const route of table.routes) {
    app.on(route.method, route.path, (c, next) => {
      return table.takes(route, c.req.method, c.get('path') ?? '') ? route.respond(c, access) : next();
    });
  }
  // Only users learn whether a path has routes.
  for (const path of table.userPaths) {
    app.all(path, async (c, next) => {
      const { user } = await access.admitUser(c);
      c.set('user', user);
      await next();
    });
  }
  for (const path of table.apiPaths) app.all(path, (c) => refuseUnrouted(c, table));
  if (settings.webRoot !== null) serveWebApp(app, settings.webRoot, settings.prefix);

  const answer = (c: AppContext, error: unknown) =>
    answerError(c, error, logger, table.errorShapeAt(c.req.method, c.get('path') ?? ''));
  app.notFound((c) => answer(c, new ProblemError('not_found', 'There is nothing at this address.')));
  app.onError((error, c) => answer(c, error));
  return app;
}

function authenticatorOf(dependencies: HttpDependencies): Authenticator {
  const { authentication, hostUsers } = dependencies;
  const sessions = new SessionAuthenticator(dependencies);
  return authentication === null ? sessions : new HostAuthenticator(authentication, hostUsers, sessions);
}

/** @throws ProblemError `not_found`, or `method_not_allowed` if the path has routes for other methods */
function refuseUnrouted(c: AppContext, table: RouteTable): never {
  const methods = table.methodsAt(c.get('path') ?? '');
  if (methods.length === 0) throw new ProblemError('not_found', 'There is nothing at this address.');
  c.header('Allow', methods.join(', '));
  throw new ProblemError('method_not_allowed', `This address takes ${methods.join(', ')}.`);
}
