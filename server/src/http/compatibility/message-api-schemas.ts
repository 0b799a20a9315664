/** The answers of message-api, as OpenAPI documents them. */
import { z } from 'zod';

const text = z.string();
const count = z.int().min(0);
const time = z.iso.datetime({ precision: 3 });
const tokensBySource = z.strictObject({ provider: count, tokenizer: count, estimate: count });
const share = { replies: count, tokens_used: count, percentage: z.number() };
const chat = { chat_id: z.uuid(), title: text.nullable(), created_at: time, updated_at: time };
const message = z.strictObject({
  message_id: z.uuid(),
  parent_id: z.uuid().nullable(),
  role: z.enum(['user', 'assistant']),
  content: text,
  status: text,
  model: text.nullable(),
  tokens_used: count.nullable(),
  usage_source: z.enum(['provider', 'tokenizer', 'estimate']).nullable(),
  error: z.strictObject({ code: text, message: text }).nullable(),
  created_at: time,
});

const success = (data: z.ZodType) => z.strictObject({ status: z.literal('success'), message: text, data });

export const chatsAnswer = success(z.strictObject({ chats: z.array(z.strictObject(chat)), total: count }));
export const chatAnswer = success(z.strictObject(chat));
export const historyAnswer = success(z.strictObject({ ...chat, messages: z.array(message) }));
export const deletedAnswer = success(z.strictObject({ chat_id: z.uuid(), deleted_at: time }));

export const tokenStatsAnswer = success(
  z.strictObject({
    tokens_used: count,
    chats: z.array(
      z.strictObject({
        chat_id: text,
        title: text.nullable(),
        is_deleted: z.boolean(),
        ...share,
        tokens_by_source: tokensBySource,
      }),
    ),
    resets_at: time,
  }),
);

export const tokenUsageAnswer = success(
  z.strictObject({
    token_limit: count.nullable(),
    tokens_used: count,
    tokens_reserved: count,
    tokens_remaining: count.nullable(),
    percentage_used: z.number().nullable(),
    tokens_by_source: tokensBySource,
    models: z.array(z.strictObject({ model: text, ...share })),
    cache: z.strictObject({ lookups: count, hits: count, hit_rate: z.number() }),
    resets_at: time,
  }),
);
