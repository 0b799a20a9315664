import { z } from 'zod';
import { generationStatus, messageRole } from '../schemas/message.ts';
import { boundedArray } from './bounded-array.ts';
import { createChatBody } from './chats.ts';
import type { ChatLimits } from './chats.ts';
import { uploadQuery } from './messages.ts';

/** The maximums for an imported chat. */
export const IMPORT_LIMITS = {
  /** Size of the whole request. */
  bytes: 16 * 1024 * 1024,
  messages: 5000,
  /** Length of the longest branch, in messages. */
  depth: 2000,
  partsOfMessage: 2000,
} as const;

const id = z.string().min(1).max(100);
const { name } = uploadQuery.shape;
const part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('thought'), text: z.string() }),
  z.object({ type: z.literal('source'), title: z.string().max(1000), url: z.string().max(8000) }),
  z.object({ type: z.literal('media'), name: name.optional(), url: z.string().max(500) }),
  z.object({ type: z.literal('file'), name, url: z.string().max(500) }),
]);

const message = z.object({
  id,
  parentId: id.nullable(),
  role: messageRole,
  status: generationStatus.default('completed'),
  parts: boundedArray(part, { maxItems: IMPORT_LIMITS.partsOfMessage }),
  continues: id.nullish(),
  model: z.string().max(100).nullish(),
  finishReason: z.string().max(100).nullish(),
  error: z.object({ code: z.string().max(100), message: z.string().max(2000) }).nullish(),
});

const mediaFile = z.object({ url: z.string().max(500), data: z.string().optional() });

/** The body of an import: docs/chat-export.md. Unknown fields are ignored. */
export function importChatBody(limits: ChatLimits) {
  const { title, settings } = createChatBody(limits).shape;
  return z.object({
    format: z.literal('millrace-chat'),
    version: z.literal([1, 2], {
      error: ({ input }) =>
        typeof input === 'number' && input > 2
          ? 'must be 1 or 2. The file comes from a newer Millrace'
          : undefined,
    }),
    chat: z.object({
      title: title.nullable(),
      pinned: z.boolean().default(false),
      archived: z.boolean().default(false),
      settings,
    }),
    messages: boundedArray(message, { maxItems: IMPORT_LIMITS.messages }),
    media: boundedArray(mediaFile, { maxItems: IMPORT_LIMITS.messages }).default([]),
  });
}

export type ImportChatBody = z.infer<ReturnType<typeof importChatBody>>;
