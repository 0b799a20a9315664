import { z } from 'zod';
import { chatBody } from '../../dialects/ai-sdk-request.ts';
import { completionBody } from '../../dialects/openai-request.ts';
import { nothing, ok } from '../operation.ts';
import type { Operation } from '../operation.ts';

const starts = [
  'budget_exceeded',
  'idempotency_mismatch',
  'rate_limited',
  'model_not_configured',
  'shutting_down',
] as const;

/** What programs and libraries of others talk to: keys, and the APIs they know. */
export const integrationOperations: readonly Operation[] = [...openAi(), ...aiSdk()];

function openAi(): Operation[] {
  const model = z.strictObject({
    id: z.string(),
    object: z.literal('model'),
    created: z.int(),
    owned_by: z.string(),
  });
  const error = z.object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string(),
    }),
  });
  const completion = z.looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), finish_reason: z.string() })),
    usage: z.looseObject({ total_tokens: z.int() }),
  });
  return [
    {
      route: 'GET /v1/models',
      id: 'listOpenAiModels',
      summary: 'OpenAI: models',
      answers: [ok(z.strictObject({ object: z.literal('list'), data: z.array(model) }))],
      error,
    },
    {
      route: 'GET /v1/models/{model}',
      id: 'getOpenAiModel',
      summary: 'OpenAI: one model',
      answers: [ok(model)],
      error,
    },
    {
      route: 'POST /v1/chat/completions',
      id: 'createCompletion',
      summary: 'OpenAI: a completion, whole, or with `stream` as events of type `chat.completion.chunk`',
      headers: ['Idempotency-Key'],
      body: completionBody,
      answers: [ok(completion, 'The completion; a stream of chunks where that was asked for')],
      error,
      problems: starts,
    },
  ];
}

function aiSdk(): Operation[] {
  const stream = {
    status: 200,
    description: 'A UI message stream, version 1',
    contentType: 'text/event-stream',
  } as const;
  return [
    {
      route: 'POST /api/ai-sdk/chat',
      id: 'streamAiSdkChat',
      summary: 'AI SDK: a message, and its reply as a UI message stream',
      headers: ['Idempotency-Key'],
      body: chatBody,
      answers: [stream],
      problems: [...starts, 'chat_limit'],
    },
    {
      route: 'GET /api/ai-sdk/chat/{name}/stream',
      id: 'resumeAiSdkChat',
      summary: 'AI SDK: the reply that runs there, from its beginning',
      answers: [stream, nothing('None runs')],
    },
    {
      route: 'GET /api/ai-sdk/chat/{name}/messages',
      id: 'listAiSdkMessages',
      summary: 'AI SDK: the newest branch, as UI messages',
      answers: [
        ok(
          z.strictObject({
            messages: z.array(
              z.looseObject({ id: z.string(), role: z.string(), parts: z.array(z.looseObject({})) }),
            ),
          }),
        ),
      ],
    },
    {
      route: 'POST /api/ai-sdk/chat/{name}/stop',
      id: 'stopAiSdkChat',
      summary: 'AI SDK: stop the reply that runs there',
      answers: [nothing('None runs any more')],
    },
  ];
}
