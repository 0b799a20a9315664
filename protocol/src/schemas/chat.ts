import { z } from 'zod';
import { count, id, text, timestamp } from './scalars.ts';

export const thinking = z
  .enum(['off', 'low', 'medium', 'high'])
  .describe(
    'How much the model thinks before it answers. A model whose thinking cannot be switched off thinks as little as it can.',
  );

const safetyThreshold = z
  .enum(['default', 'block_low', 'block_medium', 'block_high', 'off'])
  .describe("The probability of harm from which content is blocked; `default` is the model service's own");

/** An absent category has the server's threshold. */
export const safetySchema = z.strictObject({
  harassment: safetyThreshold.optional(),
  hate: safetyThreshold.optional(),
  sexual: safetyThreshold.optional(),
  dangerous: safetyThreshold.optional(),
});

export const temperature = z.number().min(0).max(2);

/** How replies of a chat are generated. A null or absent setting has the server's value. */
export const chatSettingsSchema = z
  .strictObject({
    model: text.nullish(),
    temperature: temperature.nullish(),
    maxOutputTokens: count.nullish().describe('The longest reply in tokens, including thoughts'),
    thinking: thinking.nullish(),
    safety: safetySchema.nullish(),
    systemPrompt: text
      .nullish()
      .describe("An empty prompt replaces the server's, so that the model gets none"),
  })
  .meta({ id: 'ChatSettings', description: "The settings that differ from the server's" });

export const chatSchema = z
  .strictObject({
    id,
    title: text.nullable(),
    pinned: z.boolean(),
    archived: z.boolean(),
    settings: chatSettingsSchema,
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Chat' });

export type Thinking = z.infer<typeof thinking>;
export type SafetyThreshold = z.infer<typeof safetyThreshold>;
export type Safety = z.infer<typeof safetySchema>;
export type HarmCategory = keyof Safety;
export type ChatSettings = z.infer<typeof chatSettingsSchema>;
export type Chat = z.infer<typeof chatSchema>;
