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
  const told: unknown[] = [];
  const reply = streamMessage({
    baseUrl,
    token: 'secret',
    chatSessionId: 'chat-1',
    content: 'Hi',
    onMeta: ({ userMessage }) => told.push(userMessage),
    onToken: (text) => told.push(text),
    onDone: (outcome) => told.push(outcome),
    onError: (error) => told.push(error),
    ...more,
  });
  return { reply, told };
}

test('the reply is told token by token, with every line end, and then as a whole', async () => {
  await using server = await scriptedServer(stream([meta, delta('Hel\r\n\n'), delta(' lo'), done('Hello')]));
  const { reply, told } = ask(server.baseUrl);
  await reply;
  expect(told).toMatchObject([
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

test('a broken connection is resumed, and nothing is told twice', async () => {
  await using server = await scriptedServer(
    stream([meta, delta('Hel')], { ending: 'destroy' }),
    stream([delta('lo'), done('Hello')], { from: 3 }),
  );
  const { reply, told } = ask(server.baseUrl);
  await reply;
  expect(told.filter((what) => typeof what === 'string')).toEqual(['Hel', 'lo']);
});

test('where events are gone, what is missing of the text is told', async () => {
  const snapshot = message({ parts: [{ type: 'text', text: 'Hello' }] });
  await using server = await scriptedServer(
    stream([meta, delta('Hel')], { ending: 'destroy' }),
    stream([{ event: 'snapshot', data: { message: snapshot } }, done('Hello')], { from: 3 }),
  );
  const { reply, told } = ask(server.baseUrl);
  await reply;
  expect(told.filter((what) => typeof what === 'string')).toEqual(['Hel', 'lo']);
});

describe('an error', () => {
  test('before the reply is what the server said', async () => {
    await using server = await scriptedServer(json({ code: 'budget_exceeded' }, 403));
    const { reply, told } = ask(server.baseUrl);
    await reply;
    expect(told).toMatchObject([{ name: 'ApiError', code: 'budget_exceeded' }]);
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

  test('in the reply comes once, after what came of it, with its code and the text so far', async () => {
    await using server = await scriptedServer(stream([meta, delta('Hel'), failed]));
    const { reply, told } = ask(server.baseUrl);
    await reply;
    expect(told.slice(1)).toMatchObject([
      'Hel',
      { name: 'ReplyFailedError', code: 'model_unavailable', retryable: true, partial: { status: 'failed' } },
    ]);
  });

  test('that nobody is told of rejects', async () => {
    await using server = await scriptedServer(stream([meta, failed]));
    const { reply } = ask(server.baseUrl, { onError: undefined });
    await expect(reply).rejects.toBeInstanceOf(ReplyFailedError);
  });
});

describe('ending it', () => {
  test('abort calls back no more, and closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const hanging: Answer = (request, response) => {
      response.on('close', closed.resolve);
      return stream([meta, delta('Hel')], { ending: 'hang' })(request, response);
    };
    await using server = await scriptedServer(hanging);
    const first = Promise.withResolvers<void>();
    const told: unknown[] = [];
    const { reply } = ask(server.baseUrl, {
      onToken: () => first.resolve(),
      onDone: (outcome) => told.push(outcome),
      onError: (error) => told.push(error),
    });
    await first.promise;
    reply.abort();
    await reply;
    await closed.promise;
    expect(told).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test("a signal of one's own does the same", async () => {
    await using server = await scriptedServer(stream([meta, delta('Hel')], { ending: 'hang' }));
    const leaving = new AbortController();
    const { reply, told } = ask(server.baseUrl, {
      signal: leaving.signal,
      onToken: () => leaving.abort(),
    });
    await reply;
    expect(told).toHaveLength(1);
  });

  test('stop, asked at once, stops the reply as soon as it has begun, and tells what there is of it', async () => {
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
    const { reply, told } = ask(server.baseUrl);
    await reply.stop();
    await reply;
    expect(server.requests[1]?.path).toBe(`/api/generations/${GENERATION_ID}/stop`);
    expect(told.at(-1)).toMatchObject({ aiMessage: { content: 'Hel' }, message: { status: 'stopped' } });
  });
});
