/** Dialect B: one POST, no chats to know of, and JSON in every event. */
import type { ChatEvent } from '@millrace/protocol';
import { nextBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import type { Environment } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { readBody } from '../validation.ts';
import { answerReply } from './dialect.ts';
import type { Dialect, DialectDependencies } from './dialect.ts';
import { dialectFrames } from './dialect-frames.ts';
import { jsonData, smallPieces } from './json-data.ts';
import { textIn } from './raw-text.ts';

const NEXT: Dialect = { encode: dialectFrames(tell), isHeld: true };

export function nextDialect(dependencies: DialectDependencies): Hono<Environment> {
  const {
    maxMessageChars,
    maxChatsPerUser: maxChats,
    stopOnDisconnectAfterMs: abandonedAfterMs,
  } = dependencies.settings;
  const body = nextBody(maxMessageChars);
  return new Hono<Environment>().post('/api/chat/stream', async (c) => {
    const { message: content, chatId, parentId, model } = await readBody(c, body);
    const origin =
      chatId == null
        ? ({ kind: 'open', chat: 'support', maxChats, content, parentId } as const)
        : ({ kind: 'send', chatId, content, parentId } as const);
    const idempotency = await readIdempotencyKey(c);
    return answerReply(c, dependencies, NEXT, { origin, model, idempotency, abandonedAfterMs });
  });
}

function tell(event: ChatEvent): string[] {
  switch (event.event) {
    // Nothing but its id: from here on the reply can be resumed.
    case 'meta':
      return [''];
    case 'done':
      return [jsonData({ done: true, usage: event.data.usage })];
    case 'error':
      return [jsonData({ error: event.data.message, code: event.data.code })];
    default:
      return smallPieces(textIn(event)).map((text) => jsonData({ text }));
  }
}
