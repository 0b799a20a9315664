import { z } from 'zod';
import { budgetSchema } from './budget.ts';
import { id, text, timestamp } from './scalars.ts';

const userKind = z
  .enum(['password', 'guest', 'host'])
  .describe('How the user signs in; `host`: through the host application');
export const role = z.enum(['admin', 'user']);

export const userSchema = z
  .strictObject({
    id,
    kind: userKind,
    name: text,
    email: text.nullable(),
    roles: z.array(role),
    createdAt: timestamp,
  })
  .meta({ id: 'User' });

export const meSchema = z.strictObject({ user: userSchema, budget: budgetSchema }).meta({ id: 'Me' });

/** What the sign-in page needs before anyone has signed in. */
export const sessionOptionsSchema = z
  .strictObject({
    guests: z.boolean().describe('Whether people may chat without an account'),
    setupTokenRequired: z.boolean(),
    demo: z.boolean().describe('Whether the built-in demo model answers, because no API key is set'),
    signIn: z.boolean().describe('Whether users sign in here; if not, they sign in to the host application'),
  })
  .meta({ id: 'SessionOptions' });

export type UserKind = z.infer<typeof userKind>;
export type Role = z.infer<typeof role>;
export type User = z.infer<typeof userSchema>;
export type Me = z.infer<typeof meSchema>;
export type SessionOptions = z.infer<typeof sessionOptionsSchema>;
