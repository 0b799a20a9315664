import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { ProblemError } from '../core/errors.ts';
import { AccessControl } from './auth/access-control.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { HostAuthenticator } from './auth/host-authenticator.ts';
import { checkHost } from './auth/host.ts';
import { checkOrigin } from './auth/origin.ts';
import { SessionAuthenticator } from './auth/session-authenticator.ts';
import type { AppContext, Environment, HttpDependencies } from './environment.ts';
import { crossOrigin } from './cross-origin.ts';
import { chatsDialect } from './dialects/chats.ts';
import { conversationDialect } from './dialects/conversation.ts';
import { errorShapeAt } from './dialects/dialect-error.ts';
import { eventSourceDialect } from './dialects/event-source.ts';
import { messageApiDialect } from './dialects/message-api.ts';
import { nextDialect } from './dialects/next.ts';
import { openAiErrors } from './dialects/openai-errors.ts';
import { setDefaultHeader } from './default-headers.ts';
import { mountRoutes } from './mount-routes.ts';
import { answerError } from './problem.ts';
import { limitBody, MAX_BODY_BYTES } from './request-body.ts';
import { ReplyStarter } from './reply-starter.ts';
import { logRequests } from './request-log.ts';
import { routeGroups } from './route-groups.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { aiSdkRoutes } from './routes/ai-sdk-routes.ts';
import { openAiRoutes } from './routes/openai-routes.ts';
import { serveWebApp } from './web-app.ts';

/** Where a caller has to be known. OpenAI's API and two dialects aren't under `/api`. */
const CALLERS_PATHS = ['/api/*', '/v1/*', '/chat/stream', '/chat/conversation'];
const DIALECTS = [chatsDialect, nextDialect, messageApiDialect, conversationDialect];

/** The whole HTTP surface of Millrace, under its prefix. */
export function createApp(dependencies: HttpDependencies): Hono<Environment> {
  const { settings, logger, metrics } = dependencies;
  const authenticator = authenticatorOf(dependencies);
  const access = new AccessControl(authenticator, dependencies);
  const replies = new ReplyStarter(dependencies);
  const app = new Hono<Environment>().basePath(settings.prefix);

  app.use(async (c, next) => {
    c.set('requestId', randomUUID());
    c.set('path', c.req.path.slice(settings.prefix.length));
    setDefaultHeader(c, 'X-Request-Id', c.get('requestId'));
    for (const [name, value] of SECURITY_HEADERS) setDefaultHeader(c, name, value);
    await next();
  });
  app.use(logRequests(logger, metrics));
  for (const path of [...CALLERS_PATHS, '/metrics'])
    app.use(path, (c, next) => {
      checkHost(c, settings.hostnames);
      return next();
    });
  for (const path of CALLERS_PATHS) app.use(path, crossOrigin(settings.corsOrigins));
  for (const { routes } of routeGroups(dependencies, authenticator, replies))
    mountRoutes(app, routes, access);
  app.use(async (c, next) => {
    await limitBody(c, MAX_BODY_BYTES);
    await next();
  });

  // Which knows other ways to tell who is calling.
  app.route('/', eventSourceDialect({ ...dependencies, replies }, authenticator));
  app.on('ALL', CALLERS_PATHS, async (c, next) => {
    const { user, credential } = await authenticator.authenticate(c);
    c.set('user', user);
    c.set('credential', credential);
    if (credential === 'cookie') checkOrigin(c, settings.trustedOrigins);
    await next();
  });
  for (const dialect of DIALECTS) app.route('/', dialect({ ...dependencies, replies }));
  app.route('/api/ai-sdk', aiSdkRoutes(dependencies, replies));
  app.route('/v1', openAiRoutes(dependencies, replies));
  app.on('ALL', [...CALLERS_PATHS, '/health', '/ready', '/metrics', '/openapi.json'], (c) => {
    const methods = methodsOf(app, c.req.path);
    if (methods.length === 0) throw new ProblemError('not_found', 'There is nothing at this address.');
    c.header('Allow', methods.join(', '));
    throw new ProblemError('method_not_allowed', `This address takes ${methods.join(', ')}.`);
  });
  if (settings.webRoot !== null) serveWebApp(app, settings.webRoot, settings.prefix);

  const answer = (c: AppContext, error: unknown) => {
    const path = c.get('path') ?? '';
    const shape = path.startsWith('/v1/') ? openAiErrors : errorShapeAt(c.req.method, path);
    return answerError(c, error, logger, shape);
  };
  app.notFound((c) => answer(c, new ProblemError('not_found', 'There is nothing at this address.')));
  app.onError((error, c) => answer(c, error));
  return app;
}

function authenticatorOf(dependencies: HttpDependencies): Authenticator {
  const { authentication, hostUsers } = dependencies;
  const sessions = new SessionAuthenticator(dependencies);
  return authentication === null ? sessions : new HostAuthenticator(authentication, hostUsers, sessions);
}

/** The methods some route takes at a path. */
function methodsOf(app: Hono<Environment>, path: string): string[] {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  return methods.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
}
