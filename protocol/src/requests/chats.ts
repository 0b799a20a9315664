import { z } from 'zod';
import { chatSettingsSchema } from '../schemas/chat.ts';
import { expiry, hasFields, modelName, pageLimit, textUpTo, title, uuid } from './fields.ts';

export interface ChatLimits {
  /** The longest reply that the operator allows, in tokens. */
  maxOutputTokens: number;
  /** The longest message and the longest system prompt, in UTF-16 units. */
  maxChars: number;
}

function settingsBody({ maxOutputTokens, maxChars }: ChatLimits) {
  return chatSettingsSchema.extend({
    model: modelName.nullish(),
    maxOutputTokens: z.int().min(1).max(maxOutputTokens).nullish(),
    systemPrompt: textUpTo(maxChars).nullish(),
  });
}

export function createChatBody(limits: ChatLimits) {
  return z.strictObject({ title: title.optional(), settings: settingsBody(limits).optional() });
}

export function updateChatBody(limits: ChatLimits) {
  return z
    .strictObject({
      title: title.optional(),
      pinned: z.boolean().optional(),
      archived: z.boolean().optional(),
      settings: settingsBody(limits).refine(hasFields, 'must change at least one setting').optional(),
    })
    .refine(hasFields, 'must change at least one field');
}

export const listChatsQuery = z.object({
  cursor: z.string().max(500).optional(),
  limit: pageLimit({ max: 200, byDefault: 50 }),
  archived: z.enum(['true', 'false']).default('false'),
});

export const searchQuery = z.object({
  q: z.string().max(500),
  cursor: z.string().max(100).optional(),
  limit: pageLimit({ max: 50, byDefault: 20 }),
});

export const exportChatQuery = z.object({ format: z.enum(['json', 'markdown']).default('json') });

export const createShareBody = z.strictObject({
  messageId: uuid.optional().describe('The last message of the branch; absent: the newest of the chat'),
  expiresAt: expiry.optional(),
});
