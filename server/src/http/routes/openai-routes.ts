import type { Model } from '@millrace/protocol';
import { Hono } from 'hono';
import { ProblemError } from '../../core/errors.ts';
import { endOf, firstWord } from '../dialects/first-word.ts';
import { completionOf } from '../dialects/openai-completion.ts';
import { answerOpenAiFailure } from '../dialects/openai-errors.ts';
import { openAiFrames } from '../dialects/openai-frames.ts';
import { readCompletion } from '../dialects/openai-request.ts';
import type { Environment, HttpDependencies } from '../environment.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import type { ReplyStarter } from '../reply-starter.ts';
import { streamEvents } from '../sse/stream-response.ts';
import { invalidParameter } from '../validation.ts';

/**
 * Leaving is all that a client of this API can do to stop a reply (ms). Longer than it takes from a start to its first reader;
 * and with an `Idempotency-Key` it may be about to come back.
 */
const ABANDONED_AFTER = 250;
const ABANDONED_AFTER_WITH_KEY = 10_000;
const WORDS: ReadonlySet<string> = new Set(['delta', 'thought', 'media', 'source', 'snapshot']);
/** How long a stream's head is held back for a failure to show in it, at most (ms). */
const HELD_FOR = 15_000;

/** The API of OpenAI, as far as it is about chats. */
export function openAiRoutes(dependencies: HttpDependencies, replies: ReplyStarter): Hono<Environment> {
  const { models, readers, settings } = dependencies;

  async function listModels(signal: AbortSignal): Promise<Model[]> {
    return (await models?.models(signal)) ?? [];
  }

  return new Hono<Environment>()
    .get('/models', async (c) => {
      const listed = await listModels(c.req.raw.signal);
      return c.json({ object: 'list', data: listed.map(modelObject) });
    })
    .get('/models/:model{.+}', async (c) => {
      const id = c.req.param('model');
      const listed = await listModels(c.req.raw.signal);
      const model = listed.find((known) => known.id === id);
      if (model === undefined) throw invalidParameter('model', `"${id}" is not one of this server`);
      return c.json(modelObject(model));
    })
    .post('/chat/completions', async (c) => {
      const { model, isStream, includeUsage, ...transcript } = await readCompletion(
        c,
        settings.maxMessageChars,
      );
      const idempotency = await readIdempotencyKey(c);
      const abandonedAfterMs = idempotency === null ? ABANDONED_AFTER : ABANDONED_AFTER_WITH_KEY;
      const origin = { kind: 'transcript', ...transcript } as const;
      const { tail } = await replies.start(c, origin, { model, idempotency, abandonedAfterMs });
      const { signal } = c.req.raw;
      if (isStream) {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(HELD_FOR)]);
        const failure = await firstWord(tail, ({ event }) => WORDS.has(event), patience);
        if (failure !== null) return answerOpenAiFailure(c, failure);
        return streamEvents(c, readers, tail, 0, openAiFrames({ includeUsage }));
      }
      await tail.whenEnded(signal);
      const end = endOf(tail);
      if (end?.event === 'done') return c.json(completionOf(end.data));
      if (end?.event === 'error') return answerOpenAiFailure(c, end.data);
      // The caller is gone, or storage has failed for so long that its log was given up.
      throw new ProblemError('storage_failed', 'The reply could not be read to its end.', {
        retryAfterSeconds: 1,
      });
    });
}

/** When a model was made isn't known here, and the field is required. */
function modelObject({ id }: Model) {
  return { id, object: 'model', created: 0, owned_by: 'millrace' };
}
