import { regenerateBody, sendMessageBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { z } from 'zod';
import { ProblemError } from '../../core/errors.ts';
import type { StartGeneration } from '../../ports/generation-store.ts';
import type { AppContext, Environment, HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import type { Following, ReplyStarter } from '../reply-starter.ts';
import { encodeNativeFrames } from '../sse/native-frames.ts';
import { streamEvents } from '../sse/stream-response.ts';
import {
  readBody,
  readGenerationId,
  readLastEventId,
  readOptionalBody,
  readQuery,
  readUuid,
} from '../validation.ts';

const eventsQuery = z.object({ after: z.coerce.number().int().min(0).max(1e15).optional() });

/** Everything that starts, follows or stops a reply. */
export function replyRoutes(
  { engine, store, readers, settings }: HttpDependencies,
  replies: ReplyStarter,
): Hono<Environment> {
  const messageBody = sendMessageBody({
    maxChars: settings.maxMessageChars,
    maxAttachments: settings.maxAttachments,
  });

  function answer(c: AppContext, { tail, after }: Following): Response {
    return tail === null ? c.body(null, 204) : streamEvents(c, readers, tail, after, encodeNativeFrames);
  }

  async function start(
    c: AppContext,
    origin: StartGeneration['origin'],
    {
      model,
      isOfTarget,
    }: { model: string | undefined; isOfTarget: (chatId: string) => boolean | Promise<boolean> },
  ): Promise<Response> {
    const id = readLastEventId(c);
    if (id !== null) return answer(c, await replies.resume(c, id, isOfTarget));
    return answer(c, await replies.start(c, origin, { model, idempotency: await readIdempotencyKey(c) }));
  }

  /** Makes another reply to, or out of, an assistant message. */
  async function startFrom(c: AppContext, kind: 'regenerate' | 'continue'): Promise<Response> {
    const messageId = readUuid(c, 'messageId');
    const { model } = await readOptionalBody(c, regenerateBody);
    const isOfTarget = (chatId: string) => store.isMessageOf(c.get('user').id, chatId, messageId);
    return start(c, { kind, messageId }, { model, isOfTarget });
  }

  return new Hono<Environment>()
    .post('/chats/:chatId/messages', async (c) => {
      const chatId = readUuid(c, 'chatId');
      const { content, attachments, parentId, model } = await readBody(c, messageBody);
      const isOfTarget = (repliedIn: string) => repliedIn === chatId;
      return start(c, { kind: 'send', chatId, content, attachments, parentId }, { model, isOfTarget });
    })
    .post('/messages/:messageId/regenerate', (c) => startFrom(c, 'regenerate'))
    .post('/messages/:messageId/continue', (c) => startFrom(c, 'continue'))
    .get('/generations/:generationId', async (c) => {
      return c.json(await store.findGeneration(c.get('user').id, readGenerationId(c)));
    })
    .get('/generations/:generationId/events', async (c) => {
      const generationId = readGenerationId(c);
      const { after } = readQuery(c, eventsQuery);
      const id = readLastEventId(c);
      if (id !== null && id.generationId !== generationId) {
        throw new ProblemError('invalid_event_id', 'Last-Event-ID is of another reply.');
      }
      return answer(c, await replies.follow(c, generationId, id?.sequence ?? after ?? 0));
    })
    .post('/generations/:generationId/stop', async (c) => {
      return c.json(await engine.stop(c.get('user').id, readGenerationId(c)));
    });
}
