import { messageText } from '@millrace/protocol';
import type { ChatEvent, Message } from '@millrace/protocol';
import { chatsStreamBody } from '@millrace/protocol/requests';
import { readIdempotencyKey } from '../idempotency.ts';
import { json } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { noContent, textStream } from '../route-answer.ts';
import { STARTS_REPLY } from '../routes/starts-reply.ts';
import { answerReply, NOTHING_LEFT } from './answer-reply.ts';
import type { CompatibilityDependencies, WireFormat } from './answer-reply.ts';
import { jsonData } from './json-data.ts';
import { rawText, textIn } from './raw-text.ts';
import { separateIdFrames } from './resumable-frames.ts';

const CHATS_STREAM: WireFormat = { frames: separateIdFrames(encode), delaysHead: false };

/** chats-stream: a message in a chat, and its reply as raw text between named events. */
export function chatsStreamRoutes(dependencies: CompatibilityDependencies): Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/chats/:chatId/messages/stream',
      id: 'streamChatMessage',
      summary: 'chats-stream: send a message, and stream the reply as raw text',
      caller: 'user',
      ...STARTS_REPLY,
      body: json(chatsStreamBody(dependencies.settings.maxMessageChars)),
      answers: [textStream('`meta`, the text, then `done` or `error`'), noContent(NOTHING_LEFT)],
      async handler({ c, params: { chatId }, body: { content, parentId, model } }) {
        const origin = { kind: 'send', chatId, content, parentId } as const;
        const idempotency = await readIdempotencyKey(c);
        return answerReply(c, dependencies, CHATS_STREAM, { origin, model, idempotency });
      },
    }),
  ];
}

function encode(event: ChatEvent, endedInReturn: () => boolean): string[] {
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
    content: messageText(message),
    status: status.toUpperCase(),
    tokensUsed,
    createdAt,
  };
}
