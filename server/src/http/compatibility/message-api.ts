import { messageApiBody, titleBody } from '@millrace/protocol/requests';
import { allItems } from '../../core/all-items.ts';
import { ProblemError } from '../../core/errors.ts';
import type { AppContext } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { json, optionalJson } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { created, noContent, ok, textStream } from '../route-answer.ts';
import { STARTS_REPLY } from '../routes/starts-reply.ts';
import { answerReply, DELAYED_HEAD_PROBLEMS, NOTHING_LEFT } from './answer-reply.ts';
import type { CompatibilityDependencies, WireFormat } from './answer-reply.ts';
import { STATUS_ERRORS } from './error-shapes.ts';
import { chatOf, encode, messageOf, tokenStats, tokenUsage } from './message-api-format.ts';
import {
  chatAnswer,
  chatsAnswer,
  deletedAnswer,
  historyAnswer,
  tokenStatsAnswer,
  tokenUsageAnswer,
} from './message-api-schemas.ts';
import { separateIdFrames } from './resumable-frames.ts';

const MESSAGE_API: WireFormat = { frames: separateIdFrames(encode), delaysHead: true };
const COMMON = { caller: 'user', errorShape: STATUS_ERRORS } as const;

/** message-api: chats, messages and their cost as JSON with a status, and replies as raw text. */
export function messageApiRoutes(dependencies: CompatibilityDependencies): Route[] {
  // `/api/chat/token-stats` comes before `/api/chat/:chatId`, which matches it too.
  return [...tokenRoutes(dependencies), ...chatRoutes(dependencies), ...messageRoutes(dependencies)];
}

function chatRoutes(dependencies: CompatibilityDependencies): Route[] {
  const { engine, store, settings } = dependencies;
  return [
    route({
      method: 'GET',
      path: '/api/chat',
      id: 'listMessageApiChats',
      summary: 'message-api: list chats',
      ...COMMON,
      answers: [ok(chatsAnswer)],
      async handler({ c, user }) {
        const chats = await allItems((page) => store.listChats(user.id, { archived: false, ...page }));
        return succeed(c, 'Chats retrieved', { chats: chats.map(chatOf), total: chats.length });
      },
    }),
    route({
      method: 'POST',
      path: '/api/chat',
      id: 'createMessageApiChat',
      summary: 'message-api: create a chat',
      ...COMMON,
      headers: ['Idempotency-Key'],
      body: optionalJson(titleBody),
      answers: [created(chatAnswer, 'The chat')],
      problems: ['chat_limit', 'idempotency_mismatch'],
      async handler({ c, user, body: { title = null } }) {
        const idempotency = await readIdempotencyKey(c);
        const { maxChatsPerUser: maxChats } = settings;
        const chat = await store.createChat(user.id, title, { idempotency, maxChats });
        return succeed(c, 'Chat created', chatOf(chat), 201);
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/chat/:chatId',
      id: 'deleteMessageApiChat',
      summary: 'message-api: delete a chat',
      ...COMMON,
      answers: [ok(deletedAnswer)],
      async handler({ c, user, params: { chatId } }) {
        const deleting = engine.deleteChat(user.id, chatId);
        const deletedAt = await refuseForeignChat(dependencies, user.id, chatId, deleting);
        return succeed(c, 'Chat deleted', { chat_id: chatId, deleted_at: deletedAt });
      },
    }),
  ];
}

function tokenRoutes({ engine, counter }: CompatibilityDependencies): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/chat/token-stats',
      id: 'getTokenStats',
      summary: 'message-api: tokens of this month, by chat',
      ...COMMON,
      answers: [ok(tokenStatsAnswer)],
      async handler({ c, user }) {
        return succeed(c, 'Token statistics retrieved', tokenStats(await engine.usage(user.id)));
      },
    }),
    route({
      method: 'GET',
      path: '/api/user/token-usage',
      id: 'getTokenUsage',
      summary: 'message-api: tokens of this month, compared with the budget',
      ...COMMON,
      answers: [ok(tokenUsageAnswer)],
      async handler({ c, user }) {
        return succeed(c, 'Token usage retrieved', tokenUsage(await engine.usage(user.id), counter));
      },
    }),
  ];
}

function messageRoutes(dependencies: CompatibilityDependencies): Route[] {
  const { store } = dependencies;
  return [
    route({
      method: 'GET',
      path: '/api/chat/:chatId',
      id: 'getMessageApiChat',
      summary: 'message-api: get a chat and its messages',
      ...COMMON,
      answers: [ok(historyAnswer)],
      async handler({ c, user, params: { chatId } }) {
        const finding = store.findChat(user.id, chatId);
        const chat = await refuseForeignChat(dependencies, user.id, chatId, finding);
        const messages = await allItems((page) => store.listMessages(user.id, chatId, page));
        const shown = messages.filter(({ role }) => role !== 'system').map(messageOf);
        return succeed(c, 'Chat history retrieved', { ...chatOf(chat), messages: shown });
      },
    }),
    route({
      method: 'POST',
      path: '/api/chat/:chatId/message',
      id: 'streamMessageApi',
      summary: 'message-api: send a message, and stream the reply as raw text',
      ...COMMON,
      headers: STARTS_REPLY.headers,
      body: json(messageApiBody),
      answers: [
        textStream('The text, then `{"done": true, "tokens_used", "message_id"}`'),
        noContent(NOTHING_LEFT),
      ],
      problems: DELAYED_HEAD_PROBLEMS,
      async handler({ c, user, params: { chatId }, body: { message: content } }) {
        const origin = { kind: 'send', chatId, content, parentId: undefined } as const;
        const idempotency = await readIdempotencyKey(c);
        const answer = answerReply(c, dependencies, MESSAGE_API, { origin, idempotency });
        return refuseForeignChat(dependencies, user.id, chatId, answer);
      },
    }),
  ];
}

/**
 * Refuses another user's chat as `forbidden`, where other endpoints answer `not_found`.
 * @throws ProblemError `forbidden`
 */
async function refuseForeignChat<Result>(
  { store }: CompatibilityDependencies,
  userId: string,
  chatId: string,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const isMissing = error instanceof ProblemError && error.code === 'not_found';
    if (!isMissing || !(await store.belongsToAnotherUser(userId, chatId))) throw error;
    throw new ProblemError('forbidden', 'This chat belongs to another user.', { cause: error });
  }
}

function succeed(c: AppContext, message: string, data: object, status: 200 | 201 = 200): Response {
  return c.json({ status: 'success', message, data }, status);
}
