import { z } from 'zod';
import { budgetSchema } from './budget.ts';
import { count } from './scalars.ts';
import { userSchema } from './user.ts';

const accountLimit = z.union([count, z.enum(['none', 'default'])]);

/** A user as administrators see them. */
export const accountSchema = z
  .strictObject({
    user: userSchema,
    budget: budgetSchema,
    limits: z
      .strictObject({ tokens: accountLimit, costMicros: accountLimit })
      .describe("The user's monthly limits in tokens and micro-dollars; `default` is the server's limit"),
  })
  .meta({ id: 'Account' });

export type AccountLimit = z.infer<typeof accountLimit>;
export type UserAccount = z.infer<typeof accountSchema>;
