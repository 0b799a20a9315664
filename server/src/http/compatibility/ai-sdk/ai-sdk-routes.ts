import { z } from 'zod';
import { allItems } from '../../../core/all-items.ts';
import type { EventTail } from '../../../core/event-tail.ts';
import type { AppContext, HttpDependencies } from '../../environment.ts';
import { readIdempotencyKey } from '../../idempotency.ts';
import type { ReplyStarter } from '../../reply-starter.ts';
import { parsedJson } from '../../request-body.ts';
import { route } from '../../route.ts';
import type { Route } from '../../route.ts';
import { noContent, ok, textStream } from '../../route-answer.ts';
import { OPENED_CHAT_PROBLEMS, STARTS_REPLY_WITHOUT_RESUME } from '../../routes/starts-reply.ts';
import { streamEvents } from '../../sse/stream-response.ts';
import { aiSdkFrames } from './ai-sdk-frames.ts';
import { uiMessageOf } from './ai-sdk-message.ts';
import { chatBody, chatName, newestPath, originOf, parseUiRequest } from './ai-sdk-request.ts';

const UI_STREAM = textStream('A UI message stream, version 1');
const COMMON = { caller: 'user', params: { name: chatName } } as const;

const uiMessagesSchema = z.strictObject({
  messages: z.array(z.looseObject({ id: z.string(), role: z.string(), parts: z.array(z.looseObject({})) })),
});

/** The backend of the AI SDK's `useChat` with its `DefaultChatTransport`. */
export function aiSdkRoutes(dependencies: HttpDependencies, replies: ReplyStarter): Route[] {
  return [startRoute(dependencies, replies), ...chatRoutes(dependencies)];
}

function startRoute({ engine, store, readers, settings }: HttpDependencies, replies: ReplyStarter): Route {
  return route({
    method: 'POST',
    path: '/api/ai-sdk/chat',
    id: 'streamAiSdkChat',
    summary: 'AI SDK: send a message, and stream the reply as a UI message stream',
    caller: 'user',
    headers: STARTS_REPLY_WITHOUT_RESUME.headers,
    body: parsedJson(chatBody, (body) => parseUiRequest(body, settings.maxMessageChars)),
    answers: [UI_STREAM],
    problems: [...STARTS_REPLY_WITHOUT_RESUME.problems, ...OPENED_CHAT_PROBLEMS],
    async handler({ c, user, body: request }) {
      const idempotency = await readIdempotencyKey(c);
      const tail = await replies.limited(c, idempotency, async () => {
        const { id } = await store.openNamedChat(user.id, request.name, settings.maxChatsPerUser);
        const saved = await allItems((page) => store.listMessages(user.id, id, page));
        const origin = originOf(request, id, saved);
        return engine.start(user.id, origin, { model: request.model, idempotency });
      });
      return stream(c, readers, tail);
    },
  });
}

function chatRoutes({ engine, store, readers }: HttpDependencies): Route[] {
  /** Null without a reply that runs, or without the chat: a client asks before its first message. */
  async function findRunning(userId: string, name: string): Promise<string | null> {
    const chat = await store.findNamedChat(userId, name);
    return chat && store.findRunningReply(userId, chat.id);
  }

  return [
    route({
      method: 'GET',
      path: '/api/ai-sdk/chat/:name/stream',
      id: 'resumeAiSdkChat',
      summary: 'AI SDK: stream the running reply of a chat, from its beginning',
      ...COMMON,
      answers: [UI_STREAM, noContent('No reply is running')],
      async handler({ c, user, params: { name } }) {
        const generationId = await findRunning(user.id, name);
        const tail = generationId && (await engine.follow(user.id, generationId, 0));
        return tail ? stream(c, readers, tail) : c.body(null, 204);
      },
    }),
    route({
      method: 'GET',
      path: '/api/ai-sdk/chat/:name/messages',
      id: 'listAiSdkMessages',
      summary: 'AI SDK: list the messages of the newest branch, as UI messages',
      ...COMMON,
      answers: [ok(uiMessagesSchema)],
      async handler({ c, user, params: { name } }) {
        const chat = await store.findNamedChat(user.id, name);
        const saved =
          chat === null ? [] : await allItems((page) => store.listMessages(user.id, chat.id, page));
        return c.json({ messages: newestPath(saved).map(uiMessageOf) });
      },
    }),
    route({
      method: 'POST',
      path: '/api/ai-sdk/chat/:name/stop',
      id: 'stopAiSdkChat',
      summary: 'AI SDK: stop the running reply of a chat',
      ...COMMON,
      answers: [noContent('No reply is running any more')],
      async handler({ c, user, params: { name } }) {
        const generationId = await findRunning(user.id, name);
        if (generationId !== null) await engine.stop(user.id, generationId);
        return c.body(null, 204);
      },
    }),
  ];
}

function stream(c: AppContext, readers: HttpDependencies['readers'], tail: EventTail): Response {
  c.header('x-vercel-ai-ui-message-stream', 'v1');
  return streamEvents(c, readers, tail, 0, aiSdkFrames());
}
