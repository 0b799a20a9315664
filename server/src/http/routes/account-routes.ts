import type { Me, SessionOptions, User } from '@millrace/protocol';
import { meSchema, sessionOptionsSchema, usageReportSchema } from '@millrace/protocol/schemas';
import { updateMeBody } from '@millrace/protocol/requests';
import type { Authenticator } from '../auth/authenticator.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import { json } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { ok } from '../route-answer.ts';
import { hostSessionRoute, signInRoutes } from './sign-in-routes.ts';

/** Signing in, the caller, and what they used. */
export function accountRoutes(dependencies: HttpDependencies, authenticator: Authenticator): Route[] {
  const { engine, store, settings, accounts } = dependencies;

  async function answerMe(c: AppContext, user: User): Promise<Response> {
    const answer: Me = { user, budget: await engine.budget(user.id) };
    return c.json(answer);
  }

  return [
    route({
      method: 'GET',
      path: '/api/session-options',
      id: 'getSessionOptions',
      summary: 'What a sign-in page needs to know',
      caller: 'anyone',
      answers: [ok(sessionOptionsSchema)],
      problems: ['storage_failed'],
      async handler({ c }) {
        const options: SessionOptions = {
          signIn: accounts !== null,
          guests: accounts !== null && settings.guests,
          setupTokenRequired: settings.needsSetupToken && !(await store.hasAdministrator()),
          demo: settings.isDemo,
        };
        return c.json(options);
      },
    }),
    ...(accounts === null
      ? [hostSessionRoute(authenticator)]
      : signInRoutes(accounts, dependencies, authenticator)),
    route({
      method: 'GET',
      path: '/api/me',
      id: 'getMe',
      summary: 'The caller, and their budget',
      caller: 'user',
      answers: [ok(meSchema)],
      handler: ({ c, user }) => answerMe(c, user),
    }),
    route({
      method: 'PATCH',
      path: '/api/me',
      id: 'updateMe',
      summary: 'Set a monthly cap for yourself',
      caller: 'user',
      body: json(updateMeBody),
      answers: [ok(meSchema)],
      async handler({ c, user, body: { cap } }) {
        await store.setCap(user.id, cap);
        return answerMe(c, user);
      },
    }),
    route({
      method: 'GET',
      path: '/api/usage',
      id: 'getUsage',
      summary: 'What was charged this month',
      caller: 'user',
      answers: [ok(usageReportSchema)],
      async handler({ c, user }) {
        return c.json(await engine.usage(user.id));
      },
    }),
  ];
}
