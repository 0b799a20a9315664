/** The schemas the server validates requests with. A separate entry, so that browsers needn't load zod. */
import { z } from 'zod';

const title = z.string().trim().min(1).max(200);
/** What a model may be called. */
export const modelName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'not a model name');

/** Ours are in lower case, however they are written. */
export const uuid = z.uuid().toLowerCase();

const threshold = z.enum(['default', 'block_low', 'block_medium', 'block_high', 'off']);

const safety = z.strictObject({
  harassment: threshold.optional(),
  hate: threshold.optional(),
  sexual: threshold.optional(),
  dangerous: threshold.optional(),
});

export interface SettingsLimits {
  /** The longest reply the operator allows (tokens). */
  maxOutputTokens: number;
  /** The longest message and system prompt, in UTF-16 units. */
  maxChars: number;
}

function chatSettings({ maxOutputTokens, maxChars }: SettingsLimits) {
  return z.strictObject({
    model: modelName.nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    maxOutputTokens: z.int().min(1).max(maxOutputTokens).nullish(),
    thinking: z.enum(['off', 'low', 'medium', 'high']).nullish(),
    safety: safety.nullish(),
    systemPrompt: textUpTo(maxChars).nullish(),
  });
}

export function createChatBody(limits: SettingsLimits) {
  return z.strictObject({ title: title.optional(), settings: chatSettings(limits).optional() });
}

export function updateChatBody(limits: SettingsLimits) {
  return z
    .strictObject({
      title: title.optional(),
      pinned: z.boolean().optional(),
      archived: z.boolean().optional(),
      settings: chatSettings(limits)
        .refine((settings) => Object.keys(settings).length > 0, 'nothing to change')
        .optional(),
    })
    .refine((body) => Object.keys(body).length > 0, 'nothing to change');
}

/**
 * Where nothing can be attached.
 * @param maxChars the longest content, in UTF-16 units
 */
export function plainMessageBody(maxChars: number) {
  return z.strictObject({
    content: question(maxChars),
    parentId: uuid.nullable().optional(),
    model: modelName.optional(),
  });
}

export interface MessageLimits {
  /** The longest content, in UTF-16 units. */
  maxChars: number;
  maxAttachments: number;
}

/** A content may be blank where something is attached. */
export function sendMessageBody({ maxChars, maxAttachments }: MessageLimits) {
  return z
    .strictObject({
      content: textUpTo(maxChars),
      attachments: z
        .array(attachmentId)
        .max(maxAttachments, `must be at most ${maxAttachments} files`)
        .refine((ids) => new Set(ids).size === ids.length, 'must name each file once')
        .default([]),
      parentId: uuid.nullable().optional(),
      model: modelName.optional(),
    })
    .refine(({ content, attachments }) => content.trim() !== '' || attachments.length > 0, {
      path: ['content'],
      message: 'must not be blank',
    });
}

const attachmentId = z.string().regex(/^[\w-]{22}$/, 'not the id of a file');

export const uploadQuery = z.object({ name: z.string().trim().min(1).max(255) });

export function ticketBody(maxChars: number) {
  return z.strictObject({ message: question(maxChars), chatId: uuid.optional() });
}

// What follows is of dialects, whose clients may send more than we know of.

/** Dialect B. A null `parentId` asks without what was said before. */
export function nextBody(maxChars: number) {
  return z.object({
    message: question(maxChars),
    chatId: uuid.nullish(),
    parentId: z.null().optional(),
    model: modelName.optional(),
  });
}

/** Dialect C: always so long, whatever other messages may be. */
const MESSAGE_API_CHARS = 5000;

export const messageApiBody = z.object({
  message: z
    .string()
    .trim()
    .refine((text) => text !== '', 'must not be blank')
    .refine(
      (text) => Array.from(text).length <= MESSAGE_API_CHARS,
      `must have at most ${MESSAGE_API_CHARS} characters`,
    ),
});

/** Dialects C and E. */
export const titleBody = z.object({ title: title.nullish() });

/** Dialect D. A ticket has the message in it. */
export function eventSourceQuery(maxChars: number) {
  return z.object({
    message: question(maxChars).optional(),
    conversationId: uuid.optional(),
    ticket: z.string().min(1).max(100).optional(),
  });
}

/** Dialect E. */
export function conversationMessageBody(maxChars: number) {
  return z.object({ conversationId: uuid.nullish(), message: question(maxChars) });
}

function question(maxChars: number) {
  return textUpTo(maxChars).refine((text) => text.trim() !== '', 'must not be blank');
}

function textUpTo(maxChars: number) {
  // Not .max(): that counts code points.
  return z
    .string()
    .refine((text) => text.length <= maxChars, `must have at most ${maxChars} characters`)
    .meta({ maxLength: maxChars });
}

export const regenerateBody = z.strictObject({ model: modelName.optional() });

/** The longest note, in UTF-16 units. */
const MAX_NOTE_CHARS = 2000;

export const ratingBody = z.strictObject({
  rating: z.enum(['good', 'bad']),
  note: textUpTo(MAX_NOTE_CHARS).trim().nullish(),
});

export const listChatsQuery = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  archived: z.enum(['true', 'false']).default('false'),
});

export const searchQuery = z.object({
  q: z.string().max(500),
  cursor: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(50).default(20),
});

export const listMessagesQuery = z.object({
  cursor: uuid.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
});

export const exportChatQuery = z.object({ format: z.enum(['json', 'markdown']).default('json') });

export const createShareBody = z.strictObject({
  /** The last message of the branch; absent: the newest of the chat. */
  messageId: uuid.optional(),
  expiresAt: z.iso.datetime({ offset: true }).nullable().optional(),
});

export const createKeyBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  expiresAt: z.iso.datetime({ offset: true }).nullable().optional(),
});

/** Tokens or micro-dollars: whole, and never so many that a sum of them isn't exact. */
const amount = z.int().min(0).max(1e12);
const ownLimit = z.union([amount, z.enum(['none', 'default'])]);

export const updateMeBody = z.strictObject({ cap: amount.nullable() });

export const updateAccountBody = z
  .strictObject({
    limits: z.strictObject({ tokens: ownLimit.optional(), costMicros: ownLimit.optional() }).optional(),
    role: z.enum(['admin', 'user']).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'nothing to change');

export const grantBody = z
  .strictObject({
    tokens: amount.default(0),
    costMicros: amount.default(0),
    note: z.string().trim().max(500).default(''),
  })
  .refine(({ tokens, costMicros }) => tokens + costMicros > 0, 'nothing to grant');

export const listAccountsQuery = z.object({
  cursor: uuid.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  search: z.string().trim().max(200).optional(),
});

/** In ms: ten minutes. */
const LONGEST_DIAGNOSTIC = 600_000;

export const diagnosticStreamQuery = z
  .object({
    events: z.coerce.number().int().min(1).max(100).default(5),
    /** In ms. */
    interval: z.coerce.number().int().min(10).max(LONGEST_DIAGNOSTIC).default(200),
    heartbeats: z.enum(['on', 'off']).default('on'),
  })
  .refine(({ events, interval }) => (events - 1) * interval <= LONGEST_DIAGNOSTIC, {
    path: ['interval'],
    message: 'must not make it longer than ten minutes',
  });

export const listAuditQuery = z.object({
  cursor: uuid.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export type CreateKeyBody = z.infer<typeof createKeyBody>;
export type CreateChatBody = z.infer<ReturnType<typeof createChatBody>>;
export type UpdateChatBody = z.infer<ReturnType<typeof updateChatBody>>;
export type SendMessageBody = z.input<ReturnType<typeof sendMessageBody>>;
export type RegenerateBody = z.infer<typeof regenerateBody>;
