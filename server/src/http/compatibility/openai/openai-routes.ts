import type { Model } from '@millrace/protocol';
import { z } from 'zod';
import { ProblemError } from '../../../core/errors.ts';
import type { EventTail } from '../../../core/event-tail.ts';
import { UnknownModelError } from '../../../core/model-catalogue.ts';
import type { AppContext, HttpDependencies } from '../../environment.ts';
import { readIdempotencyKey } from '../../idempotency.ts';
import type { ReplyStarter } from '../../reply-starter.ts';
import { parsedJson } from '../../request-body.ts';
import { route } from '../../route.ts';
import type { Route } from '../../route.ts';
import { ok } from '../../route-answer.ts';
import { STARTS_REPLY_WITHOUT_RESUME } from '../../routes/starts-reply.ts';
import { streamEvents } from '../../sse/stream-response.ts';
import { terminalEventOf, waitForFirstOutput } from '../first-output.ts';
import { completionOf } from './openai-completion.ts';
import { answerOpenAiFailure, OPENAI_ERRORS } from './openai-errors.ts';
import { openAiFrames } from './openai-frames.ts';
import { completionBody, parseCompletion } from './openai-request.ts';

/**
 * After how long a reply without a reader stops (ms). Clients of this API can stop a reply only by disconnecting. Longer than it
 * takes from a start to the first reader; a client that sent an `Idempotency-Key` may come back.
 */
const STOP_UNREAD_AFTER_MS = 250;
const STOP_UNREAD_WITH_KEY_AFTER_MS = 10_000;
const OUTPUT_EVENTS: ReadonlySet<string> = new Set(['delta', 'thought', 'media', 'source', 'snapshot']);
/** The longest wait for the first output before the head of a stream is sent. */
const HEAD_DELAY_TIMEOUT_MS = 15_000;

const COMMON = { caller: 'user', errorShape: OPENAI_ERRORS } as const;

const modelSchema = z.strictObject({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
});

const completionSchema = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(z.looseObject({ index: z.int(), finish_reason: z.string() })),
  usage: z.looseObject({ total_tokens: z.int() }),
});

/** The chat completions and models of OpenAI's API. */
export function openAiRoutes(dependencies: HttpDependencies, replies: ReplyStarter): Route[] {
  return [...modelRoutes(dependencies), completionRoute(dependencies, replies)];
}

function modelRoutes({ models }: HttpDependencies): Route[] {
  const listModels = async (signal: AbortSignal): Promise<Model[]> => (await models?.models(signal)) ?? [];
  return [
    route({
      method: 'GET',
      path: '/v1/models',
      id: 'listOpenAiModels',
      summary: 'OpenAI: list models',
      ...COMMON,
      answers: [ok(z.strictObject({ object: z.literal('list'), data: z.array(modelSchema) }))],
      async handler({ c }) {
        const listed = await listModels(c.req.raw.signal);
        return c.json({ object: 'list', data: listed.map(modelObject) });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/models/:model{.+}',
      id: 'getOpenAiModel',
      summary: 'OpenAI: get one model',
      ...COMMON,
      params: { model: z.string() },
      answers: [ok(modelSchema)],
      async handler({ c, params: { model: id } }) {
        const model = (await listModels(c.req.raw.signal)).find((known) => known.id === id);
        if (model === undefined) throw new UnknownModelError(id, 'model');
        return c.json(modelObject(model));
      },
    }),
  ];
}

function completionRoute({ readers, settings }: HttpDependencies, replies: ReplyStarter): Route {
  async function answerStream(c: AppContext, tail: EventTail, includeUsage: boolean): Promise<Response> {
    const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(HEAD_DELAY_TIMEOUT_MS)]);
    const failure = await waitForFirstOutput(tail, ({ event }) => OUTPUT_EVENTS.has(event), signal);
    if (failure !== null) return answerOpenAiFailure(c, failure);
    return streamEvents(c, readers, tail, 0, openAiFrames({ includeUsage }));
  }

  async function answerWhole(c: AppContext, tail: EventTail): Promise<Response> {
    await tail.whenEnded(c.req.raw.signal);
    const end = terminalEventOf(tail);
    if (end?.event === 'done') return c.json(completionOf(end.data));
    if (end?.event === 'error') return answerOpenAiFailure(c, end.data);
    // The client is gone, or storage has failed for so long that the log was given up.
    throw new ProblemError('storage_failed', 'The reply could not be read to its end.', {
      retryAfterSeconds: 1,
    });
  }

  return route({
    method: 'POST',
    path: '/v1/chat/completions',
    id: 'createCompletion',
    summary:
      'OpenAI: create a completion, whole or, with `stream`, as events of type `chat.completion.chunk`',
    ...COMMON,
    ...STARTS_REPLY_WITHOUT_RESUME,
    body: parsedJson(completionBody, (body) => parseCompletion(body, settings.maxMessageChars)),
    answers: [ok(completionSchema, 'The completion, or a stream of chunks if `stream` is true')],
    async handler({ c, body: { model, isStream, includeUsage, ...transcript } }) {
      const idempotency = await readIdempotencyKey(c);
      const abandonedAfterMs = idempotency === null ? STOP_UNREAD_AFTER_MS : STOP_UNREAD_WITH_KEY_AFTER_MS;
      const origin = { kind: 'transcript', ...transcript } as const;
      const { tail } = await replies.start(c, origin, { model, idempotency, abandonedAfterMs });
      return isStream ? answerStream(c, tail, includeUsage) : answerWhole(c, tail);
    },
  });
}

/** The creation time of a model is unknown, and the field is required. */
function modelObject({ id }: Model) {
  return { id, object: 'model', created: 0, owned_by: 'millrace' };
}
