import type { ChatEvent } from '@millrace/protocol';
import { nestChatBody, titleBody } from '@millrace/protocol/requests';
import { z } from 'zod';
import { readIdempotencyKey } from '../idempotency.ts';
import { json, optionalJson } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created, noContent, textStream } from '../route-answer.ts';
import { OPENED_CHAT_PROBLEMS, STARTS_REPLY } from '../routes/starts-reply.ts';
import { answerReply, DELAYED_HEAD_PROBLEMS, NOTHING_LEFT } from './answer-reply.ts';
import type { CompatibilityDependencies, WireFormat } from './answer-reply.ts';
import { JSON_ERRORS } from './error-shapes.ts';
import { jsonData, smallPieces } from './json-data.ts';
import { textIn } from './raw-text.ts';
import { separateIdFrames } from './resumable-frames.ts';

const NEST_CHAT: WireFormat = { frames: separateIdFrames(encode), delaysHead: true };

const time = z.iso.datetime({ precision: 3 });
const conversation = z.strictObject({
  id: z.uuid(),
  title: z.string().nullable(),
  userId: z.uuid(),
  createdAt: time,
  updatedAt: time,
});

/** nest-chat: conversations, and messages that open one if they name none. */
export function nestChatRoutes(dependencies: CompatibilityDependencies): Route[] {
  const { store, settings } = dependencies;
  const { maxChatsPerUser: maxChats } = settings;
  return [
    route({
      method: 'POST',
      path: '/chat/conversation',
      id: 'createConversation',
      summary: 'nest-chat: create a conversation',
      caller: 'user',
      headers: ['Idempotency-Key'],
      body: optionalJson(titleBody),
      answers: [created(conversation, 'The conversation')],
      errorShape: JSON_ERRORS,
      problems: ['chat_limit', 'idempotency_mismatch'],
      async handler({ c, user, body: { title = null } }) {
        const idempotency = await readIdempotencyKey(c);
        const chat = await store.createChat(user.id, title, { idempotency, maxChats });
        const { id, createdAt, updatedAt } = chat;
        return c.json({ id, title: chat.title, userId: user.id, createdAt, updatedAt }, 201);
      },
    }),
    route({
      method: 'POST',
      path: '/chat/stream',
      id: 'streamConversation',
      summary: 'nest-chat: send a message in a conversation or a new one, and stream the reply as JSON',
      caller: 'user',
      headers: STARTS_REPLY.headers,
      body: json(nestChatBody(settings.maxMessageChars)),
      answers: [textStream('`{"content"}` for each piece, then `[DONE]`'), noContent(NOTHING_LEFT)],
      errorShape: JSON_ERRORS,
      problems: [...DELAYED_HEAD_PROBLEMS, ...OPENED_CHAT_PROBLEMS],
      async handler({ c, body: { conversationId, message: content } }) {
        const origin = conversationId
          ? ({ kind: 'send', chatId: conversationId, content, parentId: undefined } as const)
          : ({ kind: 'open', chat: 'new', maxChats, content, parentId: undefined } as const);
        const idempotency = await readIdempotencyKey(c);
        return answerReply(c, dependencies, NEST_CHAT, { origin, idempotency });
      },
    }),
  ];
}

function encode(event: ChatEvent): string[] {
  switch (event.event) {
    case 'meta':
      return [''];
    case 'done':
      return ['data: [DONE]'];
    case 'error':
      return [jsonData({ error: event.data.message, code: event.data.code })];
    default:
      return smallPieces(textIn(event)).map((content) => jsonData({ content }));
  }
}
