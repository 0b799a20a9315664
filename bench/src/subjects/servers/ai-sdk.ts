import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { pipeUIMessageStreamToResponse, streamText, toUIMessageStream } from 'ai';
import { createResumableStreamContext } from 'resumable-stream/generic';
import { listen, MODEL_URL } from './listen.ts';
import { memoryPubSub } from './memory-pub-sub.ts';

/** The AI SDK's `streamText` to a UI message stream; with `RESUMABLE`, through `resumable-stream` as well. */
const google = createGoogleGenerativeAI({ apiKey: 'bench', baseURL: `${MODEL_URL}/v1beta` });
const resumable = process.env.RESUMABLE
  ? createResumableStreamContext({ waitUntil: null, ...memoryPubSub() })
  : null;
let streams = 0;
// `resumable-stream` reads without a catch: a model that breaks off would end the process, and all other replies with it.
if (resumable !== null) process.on('unhandledRejection', () => {});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { message } = (await json(request)) as { message: string };
  const left = new AbortController();
  // A stream that can be resumed goes on without its reader.
  if (resumable === null) response.once('close', () => left.abort());
  const result = streamText({
    model: google('gemini-3.8-flash'),
    prompt: message,
    abortSignal: left.signal,
    // Whatever breaks off here, the readers count.
    onError: () => {},
  });
  await pipeUIMessageStreamToResponse({
    response,
    stream: toUIMessageStream({ stream: result.stream }),
    ...(resumable !== null && { consumeSseStream: keepForResuming }),
  });
}

async function keepForResuming({ stream }: { stream: ReadableStream<string> }): Promise<void> {
  streams += 1;
  await resumable?.createNewResumableStream(`stream-${streams}`, () => stream);
}

listen(
  createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  }),
);
