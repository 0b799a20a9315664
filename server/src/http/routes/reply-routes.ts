import { parseEventId } from '@millrace/protocol';
import { generationSchema, replyEventSchema } from '@millrace/protocol/schemas';
import { regenerateBody, sendMessageBody } from '@millrace/protocol/requests';
import { ProblemError } from '../../core/errors.ts';
import type { StartGeneration } from '../../store/transactions/start-generation.ts';
import type { AppContext, HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { generationIdParameter } from '../path-parameters.ts';
import type { FollowedReply, ReplyStarter } from '../reply-starter.ts';
import { json, optionalJson } from '../request-body.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { eventStream, noContent, ok } from '../route-answer.ts';
import { encodeNativeFrames } from '../sse/native-frames.ts';
import { streamEvents } from '../sse/stream-response.ts';
import { readLastEventId } from '../validation.ts';
import { afterQuery } from './after-query.ts';
import { STARTS_REPLY } from './starts-reply.ts';

const replyStream = eventStream(
  replyEventSchema,
  'The events of the reply; with `Last-Event-ID`, those after that event',
);

/** Everything that starts, follows or stops a reply. */
export function replyRoutes(
  { engine, store, readers, settings }: HttpDependencies,
  replies: ReplyStarter,
): Route[] {
  const messageBody = sendMessageBody({
    maxChars: settings.maxMessageChars,
    maxAttachments: settings.limits.attachments,
  });

  function answer(c: AppContext, { tail, after }: FollowedReply): Response {
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
    const id = readLastEventId(c, parseEventId);
    if (id !== null) return answer(c, await replies.resume(c, id, isOfTarget));
    return answer(c, await replies.start(c, origin, { model, idempotency: await readIdempotencyKey(c) }));
  }

  /** A route that makes another reply from an assistant message. */
  function startFrom(kind: 'regenerate' | 'continue', words: { id: string; summary: string }): Route {
    return route({
      method: 'POST',
      path: `/api/messages/:messageId/${kind}`,
      ...words,
      caller: 'user',
      ...STARTS_REPLY,
      body: optionalJson(regenerateBody),
      answers: [replyStream],
      handler({ c, user, params: { messageId }, body: { model } }) {
        const isOfTarget = (chatId: string) => store.isMessageInChat(user.id, chatId, messageId);
        return start(c, { kind, messageId }, { model, isOfTarget });
      },
    });
  }

  return [
    route({
      method: 'POST',
      path: '/api/chats/:chatId/messages',
      id: 'sendMessage',
      summary: 'Send a message, and stream the reply',
      caller: 'user',
      headers: STARTS_REPLY.headers,
      body: json(messageBody),
      answers: [replyStream],
      problems: [...STARTS_REPLY.problems, 'images_unsupported'],
      handler({ c, params: { chatId }, body: { content, attachments, parentId, model } }) {
        const isOfTarget = (repliedIn: string) => repliedIn === chatId;
        return start(c, { kind: 'send', chatId, content, attachments, parentId }, { model, isOfTarget });
      },
    }),
    startFrom('regenerate', { id: 'regenerate', summary: 'Another reply in the place of this one' }),
    startFrom('continue', {
      id: 'continueReply',
      summary: 'Continue a reply that ended with some text',
    }),
    route({
      method: 'GET',
      path: '/api/generations/:generationId',
      id: 'getGeneration',
      summary: 'State and usage of a reply',
      caller: 'user',
      params: { generationId: generationIdParameter },
      answers: [ok(generationSchema)],
      async handler({ c, user, params: { generationId } }) {
        return c.json(await store.findGeneration(user.id, generationId));
      },
    }),
    route({
      method: 'GET',
      path: '/api/generations/:generationId/events',
      id: 'followGeneration',
      summary: 'The events of a reply, after any of them',
      caller: 'user',
      params: { generationId: generationIdParameter },
      headers: ['Last-Event-ID'],
      query: afterQuery,
      answers: [
        eventStream(replyEventSchema, 'The events after the id'),
        noContent('The reply has ended, and its events are no longer stored'),
      ],
      problems: ['invalid_event_id', 'cursor_ahead'],
      async handler({ c, params: { generationId }, query: { after } }) {
        const id = readLastEventId(c, parseEventId);
        if (id !== null && id.generationId !== generationId) {
          throw new ProblemError('invalid_event_id', 'Last-Event-ID belongs to another reply.');
        }
        return answer(c, await replies.follow(c, generationId, id?.sequence ?? after ?? 0));
      },
    }),
    route({
      method: 'POST',
      path: '/api/generations/:generationId/stop',
      id: 'stopGeneration',
      summary: 'Stop a reply, also at the model; stopping it again changes nothing',
      caller: 'user',
      params: { generationId: generationIdParameter },
      answers: [ok(generationSchema, 'Its final state')],
      async handler({ c, user, params: { generationId } }) {
        return c.json(await engine.stop(user.id, generationId));
      },
    }),
  ];
}
