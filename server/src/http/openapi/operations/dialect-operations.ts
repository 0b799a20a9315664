import {
  conversationMessageBody,
  eventSourceQuery,
  messageApiBody,
  nextBody,
  plainMessageBody,
  titleBody,
} from '@millrace/protocol/requests';
import { z } from 'zod';
import type { HttpSettings } from '../../environment.ts';
import { JSON_ERRORS, STATUS_ERRORS } from '../../dialects/dialect-error.ts';
import { created, nothing, ok, starting } from '../operation.ts';
import type { Answer, Operation } from '../operation.ts';

const text = z.string();
const count = z.int().min(0);
const time = z.iso.datetime({ precision: 3 });
const tokensBySource = z.strictObject({ provider: count, tokenizer: count, estimate: count });

const stream = (description: string): Answer => ({
  status: 200,
  description,
  contentType: 'text/event-stream',
});

const held = { ...starting, problems: [...starting.problems, 'model_failed', 'reply_failed'] } as const;
const left = nothing('Of the reply that `Last-Event-ID` names nothing is left');

const success = (data: z.ZodType) => z.strictObject({ status: z.literal('success'), message: text, data });
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
const share = { replies: count, tokens_used: count, percentage: z.number() };

type Limits = Pick<HttpSettings, 'maxMessageChars'>;

/** The wire shapes of other chats, over the same replies: docs/protocol/compatibility.md. */
export function dialectOperations({ maxMessageChars }: Limits): readonly Operation[] {
  return [
    {
      route: 'POST /api/chats/{chatId}/messages/stream',
      id: 'streamChatMessage',
      summary: 'Dialect A: a message, and its reply as raw text',
      body: plainMessageBody(maxMessageChars),
      answers: [stream('`meta`, the text, then `done` or `error`'), left],
      ...starting,
    },
    {
      route: 'POST /api/chat/stream',
      id: 'streamNext',
      summary: 'Dialect B: a message without a chat, and its reply as JSON',
      body: nextBody(maxMessageChars),
      answers: [stream('`{"text"}` for each piece, then `{"done": true, "usage"}`'), left],
      error: JSON_ERRORS.schema,
      ...held,
    },
    ...messageApi,
    {
      route: 'GET /chat/stream',
      id: 'streamEventSource',
      summary: 'Dialect D: a question as a GET, for `EventSource`',
      description: 'Without a ticket it needs a caller, and by cookie a page of an allowed origin.',
      query: eventSourceQuery(maxMessageChars),
      answers: [stream('The text, then `[DONE]`'), left],
      ...starting,
    },
    {
      route: 'POST /chat/conversation',
      id: 'createConversation',
      summary: 'Dialect E: create a conversation',
      headers: ['Idempotency-Key'],
      body: titleBody,
      isBodyOptional: true,
      answers: [
        created(
          z.strictObject({
            id: z.uuid(),
            title: text.nullable(),
            userId: z.uuid(),
            createdAt: time,
            updatedAt: time,
          }),
          'The conversation',
        ),
      ],
      error: JSON_ERRORS.schema,
      problems: ['chat_limit', 'idempotency_mismatch'],
    },
    {
      route: 'POST /chat/stream',
      id: 'streamConversation',
      summary: 'Dialect E: a message, in a conversation or a new one, and its reply as JSON',
      body: conversationMessageBody(maxMessageChars),
      answers: [stream('`{"content"}` for each piece, then `[DONE]`'), left],
      error: JSON_ERRORS.schema,
      ...held,
    },
  ];
}

/** Dialect C. */
const messageApi: readonly Operation[] = [
  {
    route: 'GET /api/chat',
    id: 'listMessageApiChats',
    summary: 'Dialect C: chats',
    answers: [ok(success(z.strictObject({ chats: z.array(z.strictObject(chat)), total: count })))],
    error: STATUS_ERRORS.schema,
  },
  {
    route: 'POST /api/chat',
    id: 'createMessageApiChat',
    summary: 'Dialect C: create a chat',
    headers: ['Idempotency-Key'],
    body: titleBody,
    isBodyOptional: true,
    answers: [created(success(z.strictObject(chat)), 'The chat')],
    error: STATUS_ERRORS.schema,
    problems: ['chat_limit', 'idempotency_mismatch'],
  },
  {
    route: 'GET /api/chat/{chatId}',
    id: 'getMessageApiChat',
    summary: 'Dialect C: a chat and its messages',
    answers: [ok(success(z.strictObject({ ...chat, messages: z.array(message) })))],
    error: STATUS_ERRORS.schema,
  },
  {
    route: 'POST /api/chat/{chatId}/message',
    id: 'streamMessageApi',
    summary: 'Dialect C: a message, and its reply as raw text',
    body: messageApiBody,
    answers: [stream('The text, then `{"done": true, "tokens_used", "message_id"}`'), left],
    error: STATUS_ERRORS.schema,
    ...held,
  },
  {
    route: 'DELETE /api/chat/{chatId}',
    id: 'deleteMessageApiChat',
    summary: 'Dialect C: delete a chat',
    answers: [ok(success(z.strictObject({ chat_id: z.uuid(), deleted_at: time })))],
    error: STATUS_ERRORS.schema,
  },
  {
    route: 'GET /api/chat/token-stats',
    id: 'getTokenStats',
    summary: 'Dialect C: tokens by chat, of this month',
    answers: [
      ok(
        success(
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
        ),
      ),
    ],
    error: STATUS_ERRORS.schema,
  },
  {
    route: 'GET /api/user/token-usage',
    id: 'getTokenUsage',
    summary: 'Dialect C: tokens against the budget of this month',
    answers: [
      ok(
        success(
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
        ),
      ),
    ],
    error: STATUS_ERRORS.schema,
  },
];
