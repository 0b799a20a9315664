import { z } from 'zod';
import { count, id, text, timestamp } from './scalars.ts';

const searchSnippetSchema = z.strictObject({
  text: text.describe('Cut text ends in an ellipsis; line breaks are spaces'),
  highlights: z
    .array(z.strictObject({ start: count, end: count }))
    .describe('The words that match, in UTF-16 units of `text`; `end` is exclusive'),
});

export const searchHitSchema = z
  .strictObject({
    chatId: id,
    chatTitle: text.nullable(),
    messageId: id.nullable().describe("Null where the chat's title matches"),
    role: z.enum(['user', 'assistant']).nullable(),
    snippet: searchSnippetSchema,
    createdAt: timestamp.describe('When the message, or the chat, was created'),
  })
  .meta({ id: 'SearchHit' });

export type SearchSnippet = z.infer<typeof searchSnippetSchema>;
export type SearchHit = z.infer<typeof searchHitSchema>;
