import { z } from 'zod';
import { budgetSchema } from './budget.ts';
import { count, text } from './scalars.ts';

const usageSumSchema = z.strictObject({
  key: text,
  replies: count,
  tokens: count,
  costMicros: count.describe('In micro-dollars'),
  tokensBySource: z
    .strictObject({ provider: count, tokenizer: count, estimate: count })
    .describe('The tokens by how they were counted'),
});

const chatUsageSumSchema = usageSumSchema.extend({
  key: text.describe('The id of the chat; `api` for all requests to the OpenAI-compatible API'),
  title: text.nullable().describe("Null where the chat has no title, is deleted, or is not the caller's"),
  isDeleted: z.boolean(),
});

export const usageReportSchema = z
  .strictObject({
    budget: budgetSchema,
    percentUsed: z
      .number()
      .nullable()
      .describe('Percent of the budget, with one decimal; null where there is no limit'),
    days: z.array(usageSumSchema),
    models: z.array(usageSumSchema),
    chats: z.array(chatUsageSumSchema).describe('Includes deleted chats'),
  })
  .meta({ id: 'UsageReport', description: 'Charges of the current calendar month (UTC)' });

export type UsageSum = z.infer<typeof usageSumSchema>;
export type ChatUsageSum = z.infer<typeof chatUsageSumSchema>;
export type UsageReport = z.infer<typeof usageReportSchema>;
