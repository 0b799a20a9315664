import type { Me, SessionOptions, User } from '@millrace/protocol';
import { updateMeBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { ProblemError } from '../../core/errors.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { clientAddress, networkOf } from '../auth/client-address.ts';
import { checkOrigin } from '../auth/origin.ts';
import type { AppContext, Environment, HttpDependencies } from '../environment.ts';
import { Quota } from '../quota.ts';
import { readBody } from '../validation.ts';
import { answerProblem, problemCodeOf } from '../problem.ts';

/** What needs no caller: signing in, and what a sign-in page must know. */
export function signInRoutes(
  { accounts, store, quotas, settings }: HttpDependencies,
  authenticator: Authenticator,
): Hono<Environment> {
  const guests =
    settings.guestsPerHour === null
      ? null
      : new Quota(quotas, {
          name: 'guests',
          points: settings.guestsPerHour,
          window: 3_600_000,
          refusal: () => 'Too many guests came from your network. Sign up, or try later.',
        });

  const routes = new Hono<Environment>().get('/session-options', async (c) => {
    const options: SessionOptions = {
      signIn: accounts !== null,
      guests: accounts !== null && settings.guests,
      setupTokenRequired: settings.needsSetupToken && !(await store.hasAdministrator()),
      demo: settings.isDemo,
    };
    return c.json(options);
  });
  if (accounts === null) {
    // What a page asks first, since browsers report every 401 as an error of the page.
    return routes.get('/auth/get-session', async (c) => c.json(await hostSession(c, authenticator)));
  }
  return routes.on(['GET', 'POST'], '/auth/*', async (c) => {
    checkOrigin(c, settings.trustedOrigins);
    const address = clientAddress(c, settings.trustedProxies);
    if (c.req.path.endsWith('/sign-in/anonymous')) await guests?.demand(networkOf(address));
    const response = await accounts.handle(c.req.raw, address);
    if (c.req.method === 'POST') authenticator.clearCache();
    return response.ok ? response : asProblem(c, response);
  });
}

/** The host application's user, null for nobody. */
async function hostSession(c: AppContext, authenticator: Authenticator): Promise<{ user: User } | null> {
  try {
    const { user } = await authenticator.authenticate(c);
    return { user };
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'unauthenticated') return null;
    throw error;
  }
}

export function accountRoutes({ engine, store }: HttpDependencies): Hono<Environment> {
  async function answerMe(c: AppContext): Promise<Response> {
    const user = c.get('user');
    const me: Me = { user, budget: await engine.budget(user.id) };
    return c.json(me);
  }

  return new Hono<Environment>()
    .get('/me', (c) => answerMe(c))
    .patch('/me', async (c) => {
      const { cap } = await readBody(c, updateMeBody);
      await store.setCap(c.get('user').id, cap);
      return answerMe(c);
    })
    .get('/usage', async (c) => c.json(await engine.usage(c.get('user').id)));
}

/** better-auth's errors have a shape of their own; ours are problems. */
async function asProblem(c: AppContext, response: Response): Promise<Response> {
  const text = await response.text();
  const retryAfter = response.headers.get('x-retry-after');
  if (retryAfter !== null) c.header('Retry-After', retryAfter);
  return answerProblem(c, problemCodeOf(response.status), messageIn(text) ?? 'That did not work.');
}

function messageIn(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  const { message } = JSON.parse(text) as { message?: string };
  return message;
}
