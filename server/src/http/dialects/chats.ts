/** Dialect A: chats over POST, with raw text between events that have names. */
import type { ChatEvent, Message } from '@millrace/protocol';
import { plainMessageBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { textOf } from '../../core/message-text.ts';
import type { Environment } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { readBody, readUuid } from '../validation.ts';
import { answerReply } from './dialect.ts';
import type { Dialect, DialectDependencies } from './dialect.ts';
import { dialectFrames } from './dialect-frames.ts';
import { jsonData } from './json-data.ts';
import { rawText, textIn } from './raw-text.ts';

const CHATS: Dialect = { encode: dialectFrames(tell), isHeld: false };

export function chatsDialect(dependencies: DialectDependencies): Hono<Environment> {
  const body = plainMessageBody(dependencies.settings.maxMessageChars);
  return new Hono<Environment>().post('/api/chats/:chatId/messages/stream', async (c) => {
    const chatId = readUuid(c, 'chatId');
    const { content, parentId, model } = await readBody(c, body);
    const origin = { kind: 'send', chatId, content, parentId } as const;
    return answerReply(c, dependencies, CHATS, { origin, model, idempotency: await readIdempotencyKey(c) });
  });
}

function tell(event: ChatEvent, endedInReturn: () => boolean): string[] {
  switch (event.event) {
    case 'meta': {
      const { userMessage } = event.data;
      return [named('meta', { userMessage: userMessage && toMessage(userMessage) })];
    }
    case 'done':
      return [named('done', { aiMessage: toMessage(event.data.message) })];
    case 'error': {
      const { code, message, retryable, partial } = event.data;
      return [named('error', { message, code, retryable, aiMessage: toMessage(partial) })];
    }
    default:
      return rawText(textIn(event), endedInReturn);
  }
}

function named(name: string, data: object): string {
  return `event: ${name}\n${jsonData(data)}`;
}

function toMessage(message: Message) {
  const { id, chatId, parentId, role, status, tokensUsed, createdAt } = message;
  return {
    id,
    chatId,
    parentId,
    role: role.toUpperCase(),
    content: textOf(message),
    status: status.toUpperCase(),
    tokensUsed,
    createdAt,
  };
}
