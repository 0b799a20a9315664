import { z } from 'zod';
import { sizeBytes, text, url } from './scalars.ts';

export const fileName = z.string().describe('As the sender named the file');

const dimensions = {
  width: z.int().nullable().describe('In pixels; null where unknown'),
  height: z.int().nullable().describe('In pixels; null where unknown'),
};

/** An image that the server stores. */
export const mediaSchema = z.strictObject({
  mimeType: z
    .string()
    .describe('`image/png`, `image/jpeg`, `image/webp` or `image/gif`, detected from the bytes'),
  url,
  ...dimensions,
});

/** An image or text file that a person has uploaded, to send it with a message. */
export const attachmentSchema = z
  .strictObject({
    id: text,
    kind: z.enum(['image', 'text']),
    name: fileName,
    mimeType: z.string().describe('The type of an image, detected from its bytes; else `text/plain`'),
    size: sizeBytes,
    url,
    ...dimensions,
  })
  .meta({ id: 'Attachment' });

export type Media = z.infer<typeof mediaSchema>;
export type Attachment = z.infer<typeof attachmentSchema>;
