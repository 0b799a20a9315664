import { z } from 'zod';
import { generationStatus, sharedPartSchema } from './message.ts';
import { count, id, text, timestamp } from './scalars.ts';

/** A link that shows others one branch of a chat as it was when the link was created. */
export const shareSchema = z
  .strictObject({
    id,
    chatId: id,
    title: text.nullable().describe("The chat's title when the link was created"),
    messageCount: count.describe('How many messages the link shows'),
    createdAt: timestamp,
    expiresAt: timestamp.nullable().describe('Null: the link does not expire'),
  })
  .meta({ id: 'Share' });

export const newShareSchema = shareSchema
  .extend({
    url: text.describe("The page to send to others, relative to the server's address. Returned only here."),
  })
  .meta({ id: 'NewShare' });

/** What others see of a message: its content, but neither its cost nor the model's thoughts. */
const sharedMessageSchema = z.strictObject({
  role: z.enum(['user', 'assistant']),
  status: generationStatus.exclude(['running']),
  model: text.nullable(),
  parts: z.array(sharedPartSchema),
  createdAt: timestamp,
});

export const sharedChatSchema = z
  .strictObject({
    title: text.nullable(),
    messages: z.array(sharedMessageSchema),
    createdAt: timestamp,
    expiresAt: timestamp.nullable(),
  })
  .meta({ id: 'SharedChat', description: 'A branch of a chat as it was when the link was created' });

export type Share = z.infer<typeof shareSchema>;
export type NewShare = z.infer<typeof newShareSchema>;
export type SharedMessage = z.infer<typeof sharedMessageSchema>;
export type SharedChat = z.infer<typeof sharedChatSchema>;
