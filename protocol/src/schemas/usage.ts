import { z } from 'zod';
import { count, text } from './scalars.ts';

/** Tokens of one reply. */
export const usageSchema = z
  .strictObject({
    promptTokens: count.describe('Includes `cachedTokens`'),
    cachedTokens: count,
    outputTokens: count,
    thoughtTokens: count,
    toolUseTokens: count,
    totalTokens: count.describe('Prompt, output, thought and tool-use tokens'),
  })
  .meta({ id: 'Usage' });

export const usageSource = z
  .enum(['provider', 'tokenizer', 'estimate'])
  .describe(
    "How the tokens were counted: reported by the model, counted by the model's tokenizer, or estimated",
  );

/** What a reply was charged and how long its first token took: the fields that a message and its generation share. */
export const chargeFields = {
  finishReason: text.nullable(),
  cached: z.boolean().describe('Whether the reply repeats an earlier answer, which costs nothing'),
  usage: usageSchema.nullable(),
  tokensUsed: count
    .nullable()
    .describe('Tokens charged; null while the reply is running, and for messages that are not charged'),
  costMicros: count
    .nullable()
    .describe('Micro-dollars charged; null where `tokensUsed` is null or no price is known'),
  usageSource: usageSource.nullable(),
  firstTokenMs: count
    .nullable()
    .describe(
      'Milliseconds from the request to the first text or thought; null where there was none or it is unknown',
    ),
  error: z.strictObject({ code: text, message: text }).nullable(),
};

export type Usage = z.infer<typeof usageSchema>;
export type UsageSource = z.infer<typeof usageSource>;
