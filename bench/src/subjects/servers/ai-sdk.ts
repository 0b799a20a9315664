import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { pipeUIMessageStreamToResponse, streamText, toUIMessageStream } from 'ai';
import { createResumableStreamContext } from 'resumable-stream/generic';
import { listen, MODEL_URL } from './listen.ts';
import { memoryPubSub } from './memory-pub-sub.ts';
import { redisPubSub } from './redis-pub-sub.ts';

/**
 * The AI SDK's `streamText` to a UI message stream; with `RESUMABLE`, through `resumable-stream` as well: in memory, or with the
 * Redis at `REDIS_URL`; replies can then be read at `/follow/<id>` of every such process.
 */
const google = createGoogleGenerativeAI({ apiKey: 'bench', baseURL: `${MODEL_URL}/v1beta` });
const { RESUMABLE, REDIS_URL } = process.env;
const pubSub = REDIS_URL === undefined ? memoryPubSub() : await redisPubSub(REDIS_URL);
const resumable = RESUMABLE ? createResumableStreamContext({ waitUntil: null, ...pubSub }) : null;
const ATTEMPTS = 40;
const RETRY_INTERVAL = 100;
// `resumable-stream` reads without a catch: a model that breaks off would end the process, and all other replies with it.
if (resumable !== null) process.on('unhandledRejection', () => {});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, followed] = /^\/follow\/(.+)$/.exec(request.url ?? '') ?? [];
  if (followed !== undefined) return follow(followed, response);
  const { message } = (await json(request)) as { message: string };
  const left = new AbortController();
  // A resumable stream continues without its reader.
  if (resumable === null) response.once('close', () => left.abort());
  const id = randomUUID();
  response.setHeader('x-stream-id', id);
  const result = streamText({
    model: google('gemini-3.8-flash'),
    prompt: message,
    abortSignal: left.signal,
    // Interrupted streams are counted by the readers.
    onError: () => {},
  });
  await pipeUIMessageStreamToResponse({
    response,
    stream: toUIMessageStream({ stream: result.stream }),
    ...(resumable !== null && {
      consumeSseStream: async ({ stream }) =>
        void (await resumable.createNewResumableStream(id, () => stream)),
    }),
  });
}

/** A stream is registered shortly after its response has begun, and its process may be too busy to answer within a second. */
async function resume(id: string) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const stream = await resumable?.resumeExistingStream(id);
      if (stream !== undefined || attempt === ATTEMPTS) return stream;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
    await sleep(RETRY_INTERVAL);
  }
}

async function follow(id: string, response: ServerResponse): Promise<void> {
  const stream = await resume(id);
  if (!stream) throw new Error(`Unknown stream ${id}`);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  await pipeline(Readable.fromWeb(stream as NodeStream<string>), response);
}

listen(
  createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  }),
);
