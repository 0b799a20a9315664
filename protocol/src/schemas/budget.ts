import { z } from 'zod';
import { count, timestamp } from './scalars.ts';

export const budgetSchema = z
  .strictObject({
    limit: count.nullable().describe('Includes grants and the cap'),
    used: count,
    reserved: count.describe('Held for running replies'),
    remaining: count.nullable(),
    granted: count,
    cap: count.nullable().describe("The user's own limit; null: none"),
    cost: z
      .strictObject({ limit: count.nullable(), used: count, reserved: count, granted: count })
      .describe('The same in micro-dollars; models without a known price cost nothing'),
    resetsAt: timestamp,
  })
  .meta({
    id: 'Budget',
    description: 'Tokens of the current calendar month (UTC), and their cost; a null limit is no limit',
  });

export type Budget = z.infer<typeof budgetSchema>;
