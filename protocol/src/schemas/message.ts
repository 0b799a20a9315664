import { z } from 'zod';
import { fileName, mediaSchema } from './attachment.ts';
import { generationId, id, sizeBytes, text, timestamp, url } from './scalars.ts';
import { chargeFields } from './usage.ts';

export const generationStatus = z.enum(['running', 'completed', 'stopped', 'failed', 'interrupted']);
export const messageRole = z.enum(['user', 'assistant', 'system']);

export const sourceSchema = z.strictObject({ title: text, url: text });

/** The parts of a message that people with a link to it see too: all but thoughts. */
export const sharedPartSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text }),
  mediaSchema.extend({
    type: z.literal('media'),
    name: fileName.optional().describe('Present on an image that a person attached'),
  }),
  z
    .strictObject({
      type: z.literal('file'),
      name: fileName,
      mimeType: z.string().describe('`text/plain`'),
      size: sizeBytes,
      url,
    })
    .describe('A text file that a person attached'),
  sourceSchema.extend({ type: z.literal('source') }),
]);

const messagePartSchema = z
  .discriminatedUnion('type', [
    ...sharedPartSchema.options,
    z.strictObject({ type: z.literal('thought'), text }),
  ])
  .meta({ id: 'MessagePart' });

export const ratingSchema = z
  .strictObject({ rating: z.enum(['good', 'bad']), note: text.nullable() })
  .meta({ id: 'Rating' });

export const messageSchema = z
  .strictObject({
    id,
    chatId: id,
    parentId: id.nullable(),
    role: messageRole,
    status: generationStatus,
    parts: z.array(messagePartSchema),
    continues: id
      .nullable()
      .describe('The message whose text this message continues; clients show the two as one'),
    generationId: generationId.nullable(),
    model: text.nullable(),
    ...chargeFields,
    rating: ratingSchema.nullable().describe("The caller's rating of a reply"),
    imported: z
      .literal(true)
      .describe('Present on a message that was imported from a file; it cost nothing')
      .exactOptional(),
    createdAt: timestamp,
  })
  .meta({ id: 'Message' });

export type GenerationStatus = z.infer<typeof generationStatus>;
export type MessageRole = z.infer<typeof messageRole>;
export type MessagePart = z.infer<typeof messagePartSchema>;
export type Rating = z.infer<typeof ratingSchema>;
export type Message = z.infer<typeof messageSchema>;
