import { describe, expect, test } from 'vitest';
import {
  delta,
  done,
  frameFrom,
  GENERATION_ID,
  json,
  message,
  meta,
  scriptedServer,
  stream,
} from '../test-support/scripted-server.ts';
import type { Answer } from '../test-support/scripted-server.ts';
import { ReplyFailedError, streamMessage } from './index.ts';
import type { StreamMessageOptions } from './index.ts';

/** Sends a message, and keeps all that is called back. */
function ask(baseUrl: string, more: Partial<StreamMessageOptions> = {}) {
  const calls: unknown[] = [];
  const reply = streamMessage({
    baseUrl,
    token: 'secret',
    chatSessionId: 'chat-1',
    content: 'Hi',
    onMeta: ({ userMessage }) => calls.push(userMessage),
    onToken: (text) => calls.push(text),
    onDone: (outcome) => calls.push(outcome),
    onError: (error) => calls.push(error),
    ...more,
  });
  return { reply, calls };
}

test('calls back with each token, including line ends, and then with the whole reply', async () => {
  await using server = await scriptedServer(stream([meta, delta('Hel\r\n\n'), delta(' lo'), done('Hello')]));
  const { reply, calls } = ask(server.baseUrl);
  await reply;
  expect(calls).toMatchObject([
    { role: 'USER', content: 'Hi', chatId: 'chat-1', parentId: null },
    'Hel\r\n\n',
    ' lo',
    {
      aiMessage: {
        id: 'assistant-1',
        role: 'ASSISTANT',
        content: 'Hello',
        status: 'COMPLETED',
        tokensUsed: 3,
      },
      tokensUsed: 3,
    },
  ]);
  expect(server.requests).toMatchObject([
    { method: 'POST', path: '/api/chats/chat-1/messages', body: { content: 'Hi' } },
  ]);
  expect(server.requests[0]?.headers.authorization).toBe('Bearer secret');
});

test('sends the message with its files, place and model', async () => {
  await using server = await scriptedServer(stream([meta, done('Hello')]));
  const message = { content: 'Hi', attachments: ['file-1'], parentId: null, model: 'flash' };
  await ask(server.baseUrl, message).reply;
  expect(server.requests[0]?.body).toEqual(message);
});

test('a broken connection is resumed without repeated tokens', async () => {
  await using server = await scriptedServer(
    stream([meta, delta('Hel')], { ending: 'destroy' }),
    stream([delta('lo'), done('Hello')], { from: 3 }),
  );
  const { reply, calls } = ask(server.baseUrl);
  await reply;
  expect(calls.filter((what) => typeof what === 'string')).toEqual(['Hel', 'lo']);
});

test('after pruned events the missing text is a token', async () => {
  const snapshot = message({ parts: [{ type: 'text', text: 'Hello' }] });
  await using server = await scriptedServer(
    stream([meta, delta('Hel')], { ending: 'destroy' }),
    stream([{ event: 'snapshot', data: { message: snapshot } }, done('Hello')], { from: 3 }),
  );
  const { reply, calls } = ask(server.baseUrl);
  await reply;
  expect(calls.filter((what) => typeof what === 'string')).toEqual(['Hel', 'lo']);
});

describe('an error', () => {
  test("before the reply is the server's ApiError", async () => {
    await using server = await scriptedServer(json({ code: 'budget_exceeded' }, 403));
    const { reply, calls } = ask(server.baseUrl);
    await reply;
    expect(calls).toMatchObject([{ name: 'ApiError', code: 'budget_exceeded' }]);
  });

  const failed = {
    event: 'error',
    data: {
      status: 'failed',
      code: 'model_unavailable',
      message: 'The model is overloaded.',
      retryable: true,
      partial: message({ status: 'failed', parts: [{ type: 'text', text: 'Hel' }] }),
    },
  } as const;

  test('in the reply is reported once, after the tokens, with its code and the text so far', async () => {
    await using server = await scriptedServer(stream([meta, delta('Hel'), failed]));
    const { reply, calls } = ask(server.baseUrl);
    await reply;
    expect(calls.slice(1)).toMatchObject([
      'Hel',
      { name: 'ReplyFailedError', code: 'model_unavailable', retryable: true, partial: { status: 'failed' } },
    ]);
  });

  test('without `onError` rejects the promise', async () => {
    await using server = await scriptedServer(stream([meta, failed]));
    const { reply } = ask(server.baseUrl, { onError: undefined });
    await expect(reply).rejects.toBeInstanceOf(ReplyFailedError);
  });
});

describe('aborting and stopping', () => {
  test('`abort` stops the callbacks and closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const hanging: Answer = (request, response) => {
      response.on('close', closed.resolve);
      return stream([meta, delta('Hel')], { ending: 'hang' })(request, response);
    };
    await using server = await scriptedServer(hanging);
    const first = Promise.withResolvers<void>();
    const calls: unknown[] = [];
    const { reply } = ask(server.baseUrl, {
      onToken: () => first.resolve(),
      onDone: (outcome) => calls.push(outcome),
      onError: (error) => calls.push(error),
    });
    await first.promise;
    reply.abort();
    await reply;
    await closed.promise;
    expect(calls).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test("the caller's signal does the same", async () => {
    await using server = await scriptedServer(stream([meta, delta('Hel')], { ending: 'hang' }));
    const leaving = new AbortController();
    const { reply, calls } = ask(server.baseUrl, {
      signal: leaving.signal,
      onToken: () => leaving.abort(),
    });
    await reply;
    expect(calls).toHaveLength(1);
  });

  test('`stop` stops the reply as soon as it begins, and `onDone` has the text so far', async () => {
    const stopped = Promise.withResolvers<void>();
    await using server = await scriptedServer(
      async (request, response) => {
        await stream([meta, delta('Hel')], { ending: 'hang' })(request, response);
        await stopped.promise;
        response.end(frameFrom(3)(done('Hel', 'stopped'), 0));
      },
      (request, response) => {
        stopped.resolve();
        return json({ id: GENERATION_ID, status: 'stopped' })(request, response);
      },
    );
    const { reply, calls } = ask(server.baseUrl);
    await reply.stop();
    await reply;
    expect(server.requests[1]?.path).toBe(`/api/generations/${GENERATION_ID}/stop`);
    expect(calls.at(-1)).toMatchObject({ aiMessage: { content: 'Hel' }, message: { status: 'stopped' } });
  });
});
