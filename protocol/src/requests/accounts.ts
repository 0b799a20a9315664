import { z } from 'zod';
import { role } from '../schemas/user.ts';
import { expiry, hasFields, idCursor, lineUpTo, pageLimit } from './fields.ts';

/** Tokens or micro-dollars. The maximum keeps sums of amounts exact. */
const amount = z.int().min(0).max(1e12);
const accountLimit = z.union([amount, z.enum(['none', 'default'])]);

const email = z.email();

/** better-auth enforces the same lengths of a password. */
export const signUpBody = z.object({ name: z.string(), email, password: z.string().min(8).max(128) });

/** Any other password is only a wrong one. */
export const signInBody = z.object({ email, password: z.string() });

export const createKeyBody = z.strictObject({
  name: lineUpTo(100),
  expiresAt: expiry.optional(),
});

export const updateMeBody = z.strictObject({ cap: amount.nullable() });

export const updateAccountBody = z
  .strictObject({
    limits: z
      .strictObject({ tokens: accountLimit.optional(), costMicros: accountLimit.optional() })
      .refine(hasFields, 'must change at least one limit')
      .optional(),
    role: role.optional(),
  })
  .refine(hasFields, 'must change at least one field');

export const grantBody = z
  .strictObject({
    tokens: amount.default(0),
    costMicros: amount.default(0),
    note: z.string().trim().max(500).default(''),
  })
  .refine(({ tokens, costMicros }) => tokens + costMicros > 0, 'must grant tokens or costMicros');

export const listAccountsQuery = z.object({
  cursor: idCursor.optional(),
  limit: pageLimit({ max: 200, byDefault: 50 }),
  search: z.string().trim().max(200).optional(),
});

export const listAuditQuery = z.object({
  cursor: idCursor.optional(),
  limit: pageLimit({ max: 200, byDefault: 50 }),
});
