import { meSchema, sessionOptionsSchema, usageReportSchema } from '@millrace/protocol/schemas';
import { updateMeBody } from '@millrace/protocol/requests';
import { z } from 'zod';
import { ok } from '../operation.ts';
import type { Operation } from '../operation.ts';

const email = z.email();
const session = z
  .looseObject({ user: z.looseObject({ id: z.string(), name: z.string(), email: z.string() }) })
  .describe('The session’s token is in the header `set-auth-token`, and in a cookie');
const password = z.string().min(8).max(128);

/** `/api/auth/*` is better-auth's; these are the routes a client needs. */
export const accountOperations: readonly Operation[] = [
  {
    route: 'GET /api/session-options',
    id: 'getSessionOptions',
    summary: 'What a sign-in page has to know',
    isOpen: true,
    answers: [ok(sessionOptionsSchema)],
  },
  {
    route: 'POST /api/auth/sign-up/email',
    id: 'signUp',
    summary: 'Sign up with a password',
    description:
      'The first to sign up becomes the administrator. A guest who signs up keeps chats and usage.',
    isOpen: true,
    body: z.object({ name: z.string(), email, password }),
    answers: [ok(session)],
    problems: ['forbidden', 'rate_limited'],
  },
  {
    route: 'POST /api/auth/sign-in/email',
    id: 'signIn',
    summary: 'Sign in with a password',
    isOpen: true,
    body: z.object({ email, password }),
    answers: [ok(session)],
    problems: ['unauthenticated', 'forbidden', 'rate_limited'],
  },
  {
    route: 'POST /api/auth/sign-in/anonymous',
    id: 'signInAsGuest',
    summary: 'Sign in as a guest',
    isOpen: true,
    body: z.object({}),
    answers: [ok(session)],
    problems: ['forbidden', 'rate_limited'],
  },
  {
    route: 'POST /api/auth/sign-out',
    id: 'signOut',
    summary: 'Sign out',
    isOpen: true,
    body: z.object({}),
    answers: [ok(z.looseObject({ success: z.boolean() }))],
    problems: ['forbidden'],
  },
  {
    route: 'GET /api/auth/get-session',
    id: 'getSession',
    summary: 'The session, or null',
    isOpen: true,
    answers: [ok(z.looseObject({}).nullable())],
  },
  { route: 'GET /api/me', id: 'getMe', summary: 'The caller, and their budget', answers: [ok(meSchema)] },
  {
    route: 'PATCH /api/me',
    id: 'updateMe',
    summary: 'Set a cap of one’s own',
    body: updateMeBody,
    answers: [ok(meSchema)],
  },
  {
    route: 'GET /api/usage',
    id: 'getUsage',
    summary: 'What was charged this month',
    answers: [ok(usageReportSchema)],
  },
];
