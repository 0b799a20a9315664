import { z } from 'zod';
import { ratingSchema } from '../schemas/message.ts';
import { idCursor, modelName, nonBlankText, pageLimit, textUpTo, uuid } from './fields.ts';

/** In UTF-16 units. */
const MAX_NOTE_CHARS = 2000;

const attachmentId = z.string().regex(/^[\w-]{22}$/, 'must be the id of a file');

/**
 * A message without attachments.
 * @param maxChars the longest content, in UTF-16 units
 */
export function plainMessageBody(maxChars: number) {
  return z.strictObject({
    content: nonBlankText(maxChars),
    parentId: uuid.nullable().optional(),
    model: modelName.optional(),
  });
}

interface MessageLimits {
  /** The longest content, in UTF-16 units. */
  maxChars: number;
  maxAttachments: number;
}

/** A message whose content may be blank if it has attachments. */
export function sendMessageBody({ maxChars, maxAttachments }: MessageLimits) {
  return plainMessageBody(maxChars)
    .extend({
      content: textUpTo(maxChars),
      attachments: z
        .array(attachmentId)
        .max(maxAttachments, `must be at most ${maxAttachments} files`)
        .refine((ids) => new Set(ids).size === ids.length, 'must not contain a file twice')
        .default([]),
    })
    .refine(({ content, attachments }) => content.trim() !== '' || attachments.length > 0, {
      path: ['content'],
      message: 'must not be blank',
    });
}

export const regenerateBody = z.strictObject({ model: modelName.optional() });

export const ratingBody = ratingSchema.extend({ note: textUpTo(MAX_NOTE_CHARS).trim().nullish() });

export const listMessagesQuery = z.object({
  cursor: idCursor.optional(),
  limit: pageLimit({ max: 1000, byDefault: 1000 }),
});

export const uploadQuery = z.object({ name: z.string().trim().min(1).max(255) });

/** A ticket starts one reply by a GET. @param maxChars the longest message, in UTF-16 units */
export function ticketBody(maxChars: number) {
  return z.strictObject({ message: nonBlankText(maxChars), chatId: uuid.optional() });
}
