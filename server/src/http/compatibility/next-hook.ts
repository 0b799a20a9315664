import type { ChatEvent } from '@millrace/protocol';
import { nextHookBody } from '@millrace/protocol/requests';
import { readIdempotencyKey } from '../idempotency.ts';
import { json } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { noContent, textStream } from '../route-answer.ts';
import { OPENED_CHAT_PROBLEMS, STARTS_REPLY } from '../routes/starts-reply.ts';
import { answerReply, DELAYED_HEAD_PROBLEMS, NOTHING_LEFT } from './answer-reply.ts';
import type { CompatibilityDependencies, WireFormat } from './answer-reply.ts';
import { JSON_ERRORS } from './error-shapes.ts';
import { jsonData, smallPieces } from './json-data.ts';
import { textIn } from './raw-text.ts';
import { separateIdFrames } from './resumable-frames.ts';

const NEXT_HOOK: WireFormat = { frames: separateIdFrames(encode), delaysHead: true };

/** next-hook: one POST that needs no chat, and JSON in every event. */
export function nextHookRoutes(dependencies: CompatibilityDependencies): Route[] {
  const {
    maxMessageChars,
    maxChatsPerUser: maxChats,
    stopOnDisconnectAfterMs: abandonedAfterMs,
  } = dependencies.settings;
  return [
    route({
      method: 'POST',
      path: '/api/chat/stream',
      id: 'streamNext',
      summary: 'next-hook: send a message without naming a chat, and stream the reply as JSON',
      caller: 'user',
      headers: STARTS_REPLY.headers,
      body: json(nextHookBody(maxMessageChars)),
      answers: [
        textStream('`{"text"}` for each piece, then `{"done": true, "usage"}`'),
        noContent(NOTHING_LEFT),
      ],
      errorShape: JSON_ERRORS,
      problems: [...DELAYED_HEAD_PROBLEMS, ...OPENED_CHAT_PROBLEMS],
      async handler({ c, body: { message: content, chatId, parentId, model } }) {
        const origin =
          chatId == null
            ? ({ kind: 'open', chat: 'support', maxChats, content, parentId } as const)
            : ({ kind: 'send', chatId, content, parentId } as const);
        const idempotency = await readIdempotencyKey(c);
        return answerReply(c, dependencies, NEXT_HOOK, { origin, model, idempotency, abandonedAfterMs });
      },
    }),
  ];
}

function encode(event: ChatEvent): string[] {
  switch (event.event) {
    // Only its id, so that the reply can be resumed from here on.
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
