import { z } from 'zod';
import { count, text } from './scalars.ts';

const modelPricesSchema = z
  .strictObject({ input: count, output: count, cached: count })
  .describe('Micro-dollars per million tokens');

const modelSchema = z.strictObject({
  id: text,
  name: text,
  inputTokenLimit: count,
  outputTokenLimit: count,
  acceptsImages: z.boolean().describe('True where it is unknown'),
  prices: modelPricesSchema.nullable(),
});

export const modelsSchema = z
  .strictObject({
    items: z.array(modelSchema),
    default: text.describe('Empty when the server has no model'),
    limits: z
      .strictObject({
        maxOutputTokens: count,
        systemPromptChars: count.describe('In UTF-16 units'),
        attachments: count.describe('Files of one message'),
        attachmentBytes: count.describe('Of one file'),
        attachmentChars: count.describe('Of one text file, in UTF-16 units'),
      })
      .describe("The maximums for a chat's settings and a message's files"),
    demo: z.boolean().describe('Whether the built-in demo model answers, because no API key is set'),
  })
  .meta({ id: 'Models' });

export const modelRatingsSchema = z
  .strictObject({ model: text, good: count, bad: count })
  .meta({ id: 'ModelRatings', description: "How many of the model's replies were rated good and bad" });

export type ModelPrices = z.infer<typeof modelPricesSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Models = z.infer<typeof modelsSchema>;
export type ModelRatings = z.infer<typeof modelRatingsSchema>;
