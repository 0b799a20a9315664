import { randomUUID } from 'node:crypto';
import { IMPORT_LIMITS } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import { ProblemError } from '../core/errors.ts';
import { AccessControl } from './auth/access-control.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { HostAuthenticator } from './auth/host-authenticator.ts';
import { checkHost } from './auth/host.ts';
import { checkOrigin } from './auth/origin.ts';
import { SessionAuthenticator } from './auth/session-authenticator.ts';
import type { AppContext, Environment, HttpDependencies } from './environment.ts';
import { chatsDialect } from './dialects/chats.ts';
import { conversationDialect } from './dialects/conversation.ts';
import { errorShapeAt } from './dialects/dialect-error.ts';
import { eventSourceDialect } from './dialects/event-source.ts';
import { messageApiDialect } from './dialects/message-api.ts';
import { nextDialect } from './dialects/next.ts';
import { openAiErrors } from './dialects/openai-errors.ts';
import { mountRoutes } from './mount-routes.ts';
import type { RouteGroup } from './openapi/document.ts';
import { answerError } from './problem.ts';
import { limitBody, MAX_BODY_BYTES } from './request-body.ts';
import { ReplyStarter } from './reply-starter.ts';
import { logRequests } from './request-log.ts';
import { accountRoutes, signInRoutes } from './routes/account-routes.ts';
import { adminRoutes } from './routes/admin-routes.ts';
import { aiSdkRoutes } from './routes/ai-sdk-routes.ts';
import { attachmentRoutes } from './routes/attachment-routes.ts';
import { channelRoutes } from './routes/channel-routes.ts';
import { chatFileRoutes } from './routes/chat-file-routes.ts';
import { chatRoutes } from './routes/chat-routes.ts';
import { durableStreamRoutes } from './routes/durable-stream-routes.ts';
import { keyRoutes } from './routes/key-routes.ts';
import { diagnosticsRoutes } from './routes/diagnostics-routes.ts';
import { mediaRoutes } from './routes/media-routes.ts';
import { modelRoutes } from './routes/model-routes.ts';
import { openAiRoutes } from './routes/openai-routes.ts';
import { operationRoutes } from './routes/operation-routes.ts';
import { ratingRoutes } from './routes/rating-routes.ts';
import { replyRoutes } from './routes/reply-routes.ts';
import { searchRoutes } from './routes/search-routes.ts';
import { sharedRoutes, shareRoutes, tellNobodyElse } from './routes/share-routes.ts';
import { ticketRoutes } from './routes/ticket-routes.ts';
import { serveWebApp } from './web-app.ts';

/** What scripts of other origins may read of our headers. */
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
    c.header('X-Request-Id', c.get('requestId'));
    await next();
  });
  app.use(logRequests(logger, metrics));
  // Outside of the general one, so that it has the last word. Nothing that a model made may do anything by itself;
  // a browser that shows an image alone lays it out by a style of its own.
  for (const path of ['/api/media/*', '/api/shares/:token/media/*']) {
    app.use(path, async (c, next) => {
      await next();
      c.header('Content-Security-Policy', "sandbox; default-src 'none'; style-src 'unsafe-inline'");
    });
  }
  for (const path of ['/share/*', '/api/shares/*']) app.use(path, tellNobodyElse);
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        // Styles that a component sets on an element; scripts never.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
      // Whether this host is reached by https alone is for whoever runs it to say.
      strictTransportSecurity: false,
    }),
  );
  for (const path of [...CALLERS_PATHS, '/metrics'])
    app.use(path, (c, next) => {
      checkHost(c, settings.hostnames);
      return next();
    });
  const corsOptions = {
    origin: [...settings.corsOrigins],
    credentials: true,
    exposeHeaders: EXPOSED_HEADERS,
  };
  for (const path of CALLERS_PATHS) app.use(path, cors(corsOptions));
  const groups = routeGroups(dependencies, replies);
  for (const { routes } of groups) mountRoutes(app, routes, access);
  app.use(async (c, next) => {
    const isImport = c.get('path') === '/api/chats/import';
    const maxBytes = isImport ? IMPORT_LIMITS.bytes : MAX_BODY_BYTES;
    await limitBody(c, maxBytes);
    await next();
  });

  app.route('/', operationRoutes(dependencies, authenticator, groups));
  app.route('/api', signInRoutes(dependencies, authenticator));
  app.route('/api', diagnosticsRoutes(dependencies, authenticator));
  app.route('/api', sharedRoutes(dependencies));
  // Which knows other ways to tell who is calling.
  app.route('/', eventSourceDialect({ ...dependencies, replies }, authenticator));
  app.on('ALL', CALLERS_PATHS, async (c, next) => {
    const { user, credential } = await authenticator.authenticate(c);
    c.set('user', user);
    c.set('credential', credential);
    if (credential === 'cookie') checkOrigin(c, settings.trustedOrigins);
    await next();
  });
  app.route('/api', accountRoutes(dependencies));
  app.route('/api/admin', adminRoutes(dependencies, authenticator));
  app.route('/api', keyRoutes(dependencies, authenticator));
  app.route('/api', modelRoutes(dependencies));
  app.route('/api', shareRoutes(dependencies));
  app.route('/api', chatFileRoutes(dependencies));
  app.route('/api', searchRoutes(dependencies));
  app.route('/api', ratingRoutes(dependencies));
  app.route('/api', ticketRoutes(dependencies));
  for (const dialect of DIALECTS) app.route('/', dialect({ ...dependencies, replies }));
  app.route('/api/ai-sdk', aiSdkRoutes(dependencies, replies));
  app.route('/v1', openAiRoutes(dependencies, replies));
  app.route('/api', durableStreamRoutes(dependencies));
  app.route('/api', channelRoutes(dependencies));
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

function routeGroups(dependencies: HttpDependencies, replies: ReplyStarter): RouteGroup[] {
  return [
    {
      tag: 'Chats',
      description: 'Chats, messages, replies and their events',
      routes: [
        ...chatRoutes(dependencies),
        ...replyRoutes(dependencies, replies),
        ...mediaRoutes(dependencies),
      ],
    },
    {
      tag: 'Attachments',
      description: 'Images and text files that people send',
      routes: attachmentRoutes(dependencies),
    },
  ];
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
