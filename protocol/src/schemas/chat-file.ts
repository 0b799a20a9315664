import { z } from 'zod';
import { chatSchema } from './chat.ts';
import { messageSchema } from './message.ts';
import { count, text, timestamp } from './scalars.ts';

const mediaFileSchema = z
  .strictObject({
    url: text.describe('The `url` of the message part'),
    mimeType: text,
    file: text.describe('Relative to the document').exactOptional(),
    data: text.describe('The bytes, in Base64').exactOptional(),
  })
  .describe('With neither `file` nor `data`, the bytes were left out');

/** A chat as a file: docs/chat-export.md. */
export const chatDocumentSchema = z
  .strictObject({
    format: z.literal('millrace-chat'),
    version: z.literal(2),
    exportedAt: timestamp,
    chat: chatSchema,
    messages: z.array(messageSchema).describe('The whole tree, oldest first'),
    media: z.array(mediaFileSchema).describe('The images and files that the messages refer to'),
  })
  .meta({ id: 'ChatDocument', description: 'A chat as a file, with its whole tree and its images' });

const omittedContentSchema = z.strictObject({
  summaries: count.describe('Summaries of earlier messages; they are never imported'),
  images: count.describe('Images that are not in the file, or exceed the limits of a message'),
  files: count.describe(
    "Text files for which the same is true, and all files of replies, which can't have any",
  ),
  sources: count.describe('Sources whose address is not on the web'),
});

export const importedChatSchema = z.strictObject({ chat: chatSchema, omitted: omittedContentSchema }).meta({
  id: 'ImportedChat',
  description: 'The new chat, and how much of the file was not imported',
});

export type MediaFile = z.infer<typeof mediaFileSchema>;
export type ChatDocument = z.infer<typeof chatDocumentSchema>;
export type OmittedContent = z.infer<typeof omittedContentSchema>;
export type ImportedChatAnswer = z.infer<typeof importedChatSchema>;
