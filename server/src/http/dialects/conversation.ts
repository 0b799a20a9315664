/** Dialect E: conversations that a first message opens by itself. */
import type { ChatEvent } from '@millrace/protocol';
import { conversationMessageBody, titleBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import type { Environment } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { readBody, readOptionalBody } from '../validation.ts';
import { answerReply } from './dialect.ts';
import type { Dialect, DialectDependencies } from './dialect.ts';
import { dialectFrames } from './dialect-frames.ts';
import { jsonData, smallPieces } from './json-data.ts';
import { textIn } from './raw-text.ts';

const CONVERSATION: Dialect = { encode: dialectFrames(tell), isHeld: true };

export function conversationDialect(dependencies: DialectDependencies): Hono<Environment> {
  const { store, settings } = dependencies;
  const { maxChatsPerUser: maxChats } = settings;
  const messageBody = conversationMessageBody(settings.maxMessageChars);
  return new Hono<Environment>()
    .post('/chat/conversation', async (c) => {
      const { title } = await readOptionalBody(c, titleBody);
      const idempotency = await readIdempotencyKey(c);
      const chat = await store.createChat(c.get('user').id, title ?? null, { idempotency, maxChats });
      const { id, createdAt, updatedAt } = chat;
      return c.json({ id, title: chat.title, userId: c.get('user').id, createdAt, updatedAt }, 201);
    })
    .post('/chat/stream', async (c) => {
      const { conversationId, message: content } = await readBody(c, messageBody);
      const origin = conversationId
        ? ({ kind: 'send', chatId: conversationId, content, parentId: undefined } as const)
        : ({ kind: 'open', chat: 'new', maxChats, content, parentId: undefined } as const);
      return answerReply(c, dependencies, CONVERSATION, { origin, idempotency: await readIdempotencyKey(c) });
    });
}

function tell(event: ChatEvent): string[] {
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
