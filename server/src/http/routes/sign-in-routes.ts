import type { User } from '@millrace/protocol';
import { signInBody, signUpBody } from '@millrace/protocol/requests';
import { z } from 'zod';
import { ProblemError } from '../../core/errors.ts';
import type { Accounts } from '../../ports/accounts.ts';
import { accountProblem } from '../account-problem.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { clientAddress, networkOf } from '../auth/client-address.ts';
import { checkOrigin } from '../auth/origin.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import { Quota } from '../quota.ts';
import { passedOn } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { ok } from '../route-answer.ts';

const session = z
  .looseObject({ user: z.looseObject({ id: z.string(), name: z.string(), email: z.string() }) })
  .describe('The session’s token is in the header `set-auth-token`, and in a cookie');

/** `/api/auth/*`, which better-auth answers. Only the routes that clients need are documented. */
export function signInRoutes(
  accounts: Accounts,
  { quotas, settings }: Pick<HttpDependencies, 'quotas' | 'settings'>,
  authenticator: Authenticator,
): Route[] {
  const guests = guestQuota(quotas, settings.guestsPerHour);

  async function handler({ c }: { c: AppContext }): Promise<Response> {
    checkOrigin(c, settings.trustedOrigins);
    const address = clientAddress(c, settings.trustedProxies);
    if (c.req.path.endsWith('/sign-in/anonymous')) await guests?.takeOrThrow(networkOf(address));
    const response = await accounts.handle(c.req.raw, address);
    if (c.req.method === 'POST') authenticator.clearCache();
    if (!response.ok) throw await accountProblem(response);
    return c.newResponse(response.body, response);
  }

  const documented: Route[] = [
    route({
      method: 'POST',
      path: '/api/auth/sign-up/email',
      id: 'signUp',
      summary: 'Sign up with a password',
      description:
        'The first user to sign up becomes the administrator. A guest who signs up keeps chats and usage.',
      caller: 'anyone',
      body: passedOn(signUpBody),
      answers: [ok(session)],
      problems: ['rate_limited', 'storage_failed'],
      handler,
    }),
    route({
      method: 'POST',
      path: '/api/auth/sign-in/email',
      id: 'signIn',
      summary: 'Sign in with a password',
      caller: 'anyone',
      body: passedOn(signInBody),
      answers: [ok(session)],
      problems: ['unauthenticated', 'rate_limited', 'storage_failed'],
      handler,
    }),
    route({
      method: 'POST',
      path: '/api/auth/sign-in/anonymous',
      id: 'signInAsGuest',
      summary: 'Sign in as a guest',
      caller: 'anyone',
      body: passedOn(z.object({})),
      answers: [ok(session)],
      problems: ['rate_limited', 'storage_failed'],
      handler,
    }),
    route({
      method: 'POST',
      path: '/api/auth/sign-out',
      id: 'signOut',
      summary: 'Sign out',
      caller: 'anyone',
      body: passedOn(z.object({})),
      answers: [ok(z.looseObject({ success: z.boolean() }))],
      problems: ['storage_failed'],
      handler,
    }),
    route({ ...GET_SESSION, handler }),
  ];
  const documentedPaths = new Set(documented.map(({ path }) => path));
  const others = accounts.endpoints
    .map(({ method, path }) => ({ method, path: `/api/auth${path}` }))
    .filter(({ path }) => !documentedPaths.has(path))
    .map((endpoint) => {
      const body = endpoint.method === 'POST' ? passedOn(z.object({})) : undefined;
      return route({ ...OTHER, ...endpoint, ...(body && { body }), handler });
    });
  return [...documented, ...others];
}

/** Where the host application signs users in. Pages ask this first, because browsers report every 401 as an error of the page. */
export function hostSessionRoute(authenticator: Authenticator): Route {
  return route({
    ...GET_SESSION,
    async handler({ c }) {
      return c.json(await hostSession(c, authenticator));
    },
  });
}

const GET_SESSION = {
  method: 'GET',
  path: '/api/auth/get-session',
  id: 'getSession',
  summary: 'The session, or null',
  caller: 'anyone',
  answers: [ok(z.looseObject({}).nullable())],
  problems: ['storage_failed'],
} as const;

const OTHER = {
  id: 'auth',
  summary: 'Another route of better-auth',
  isUndocumented: true,
  caller: 'anyone',
  answers: [],
} as const;

function guestQuota(quotas: HttpDependencies['quotas'], guestsPerHour: number | null): Quota | null {
  if (guestsPerHour === null) return null;
  return new Quota(quotas, {
    name: 'guests',
    points: guestsPerHour,
    windowMs: 3_600_000,
    refusal: () => 'Too many guests signed in from your network. Sign up, or try again later.',
  });
}

/** The host application's user; null if the request is not authenticated. */
async function hostSession(c: AppContext, authenticator: Authenticator): Promise<{ user: User } | null> {
  try {
    const { user } = await authenticator.authenticate(c);
    return { user };
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'unauthenticated') return null;
    throw error;
  }
}
