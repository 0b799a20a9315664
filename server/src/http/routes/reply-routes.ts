import { regenerateBody, sendMessageBody } from '@millrace/protocol/requests';
import { Hono } from 'hono';
import { z } from 'zod';
import { ProblemError } from '../../core/errors.ts';
import type { StartGeneration } from '../../ports/generation-store.ts';
import type { AppContext, Environment, HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { ReplyLimits } from '../reply-limits.ts';
import { encodeNativeFrames } from '../sse/event-frames.ts';
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
export function replyRoutes({ engine, store, readers, settings }: HttpDependencies): Hono<Environment> {
  const messageBody = sendMessageBody(settings.maxMessageChars);
  const limits = new ReplyLimits(store, settings);

  async function follow(c: AppContext, generationId: string, after: number): Promise<Response> {
    const tail = await engine.follow(c.get('user').id, generationId, after);
    return tail === null ? c.body(null, 204) : streamEvents(c, readers, tail, after, encodeNativeFrames);
  }

  async function chatOf(userId: string, generationId: string): Promise<string | null> {
    try {
      return (await store.findGeneration(userId, generationId)).chatId;
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'not_found') return null;
      throw error;
    }
  }

  /** A POST sent again by a client that resumes: it continues the reply and starts nothing. */
  async function resumed(
    c: AppContext,
    isOfTarget: (chatId: string) => boolean | Promise<boolean>,
  ): Promise<Response | null> {
    const id = readLastEventId(c);
    if (id === null) return null;
    const chatId = await chatOf(c.get('user').id, id.generationId);
    if (chatId === null || !(await isOfTarget(chatId))) {
      throw new ProblemError('invalid_event_id', 'Last-Event-ID is not of this chat.');
    }
    return follow(c, id.generationId, id.sequence);
  }

  async function start(c: AppContext, origin: StartGeneration['origin'], model?: string): Promise<Response> {
    const idempotency = await readIdempotencyKey(c);
    const tail = await limits.start(c, idempotency, () =>
      engine.start(c.get('user').id, origin, { model, idempotency }),
    );
    return streamEvents(c, readers, tail, 0, encodeNativeFrames);
  }

  /** Makes another reply to, or out of, an assistant message. */
  async function startFrom(c: AppContext, kind: 'regenerate' | 'continue'): Promise<Response> {
    const messageId = readUuid(c, 'messageId');
    const { model } = await readOptionalBody(c, regenerateBody);
    const continued = await resumed(c, (chatId) => store.isMessageOf(c.get('user').id, chatId, messageId));
    return continued ?? start(c, { kind, messageId }, model);
  }

  return new Hono<Environment>()
    .post('/chats/:chatId/messages', async (c) => {
      const chatId = readUuid(c, 'chatId');
      const { content, parentId, model } = await readBody(c, messageBody);
      const continued = await resumed(c, (repliedIn) => repliedIn === chatId);
      return continued ?? start(c, { kind: 'send', chatId, content, parentId }, model);
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
      return follow(c, generationId, id?.sequence ?? after ?? 0);
    })
    .post('/generations/:generationId/stop', async (c) => {
      return c.json(await engine.stop(c.get('user').id, readGenerationId(c)));
    });
}
