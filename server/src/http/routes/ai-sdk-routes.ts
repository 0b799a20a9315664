import type { Message } from '@millrace/protocol';
import { Hono } from 'hono';
import { aiSdkFrames } from '../dialects/ai-sdk-frames.ts';
import { uiMessageOf } from '../dialects/ai-sdk-message.ts';
import { chatName, newestPath, originOf, readUiRequest } from '../dialects/ai-sdk-request.ts';
import type { AppContext, Environment, HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import type { ReplyStarter } from '../reply-starter.ts';
import { streamEvents } from '../sse/stream-response.ts';
import type { EventTail } from '../../core/event-tail.ts';
import { check } from '../validation.ts';

const PAGE = 1000;

/** What `useChat` of the AI SDK talks to, by its `DefaultChatTransport`. */
export function aiSdkRoutes(dependencies: HttpDependencies, replies: ReplyStarter): Hono<Environment> {
  const { engine, store, readers, settings } = dependencies;

  function stream(c: AppContext, tail: EventTail): Response {
    c.header('x-vercel-ai-ui-message-stream', 'v1');
    return streamEvents(c, readers, tail, 0, aiSdkFrames());
  }

  async function allMessages(userId: string, chatId: string): Promise<Message[]> {
    const messages: Message[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listMessages(userId, chatId, { cursor, limit: PAGE });
      messages.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return messages;
  }

  /** Null when there is none, which isn't wrong: a client asks before it has said anything. */
  function chatOf(c: AppContext) {
    return store.findNamedChat(c.get('user').id, check(chatName, c.req.param('name')));
  }

  async function runningIn(c: AppContext): Promise<string | null> {
    const chat = await chatOf(c);
    return chat && store.findRunningReply(c.get('user').id, chat.id);
  }

  return new Hono<Environment>()
    .post('/chat', async (c) => {
      const userId = c.get('user').id;
      const request = await readUiRequest(c, settings.maxMessageChars);
      const idempotency = await readIdempotencyKey(c);
      const tail = await replies.limited(c, idempotency, async () => {
        const { id } = await store.openNamedChat(userId, request.name, settings.maxChatsPerUser);
        const origin = originOf(request, id, await allMessages(userId, id));
        return engine.start(userId, origin, { model: request.model, idempotency });
      });
      return stream(c, tail);
    })
    .get('/chat/:name/stream', async (c) => {
      const generationId = await runningIn(c);
      const tail = generationId && (await engine.follow(c.get('user').id, generationId, 0));
      return tail ? stream(c, tail) : c.body(null, 204);
    })
    .get('/chat/:name/messages', async (c) => {
      const chat = await chatOf(c);
      const saved = chat === null ? [] : await allMessages(c.get('user').id, chat.id);
      return c.json({ messages: newestPath(saved).map(uiMessageOf) });
    })
    .post('/chat/:name/stop', async (c) => {
      const generationId = await runningIn(c);
      if (generationId !== null) await engine.stop(c.get('user').id, generationId);
      return c.body(null, 204);
    });
}
