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
} from '../../test-support/scripted-server.ts';
import type { Answer, ScriptedServer } from '../../test-support/scripted-server.ts';
import { createChatClient } from '../index.ts';
import { createGeminiStreamStore, createReplyStore } from './index.ts';
import type { ReplySnapshot, ReplyStoreOptions, Store } from './index.ts';

const FOLLOW = `/api/generations/${GENERATION_ID}/events`;
const STOP = `/api/generations/${GENERATION_ID}/stop`;

function watch(store: Store<ReplySnapshot>) {
  const seen: ReplySnapshot[] = [];
  const waiting = new Set<() => void>();
  const leave = store.subscribe(() => {
    seen.push(store.getSnapshot());
    for (const check of waiting) check();
  });
  const until = (fits: (snapshot: ReplySnapshot) => boolean) =>
    new Promise<ReplySnapshot>((resolve) => {
      const check = () => fits(store.getSnapshot()) && resolve(store.getSnapshot());
      waiting.add(check);
      check();
    });
  return { seen, until, leave };
}

function open(server: ScriptedServer, options?: ReplyStoreOptions) {
  const client = createChatClient(server);
  const store = createReplyStore(client, options);
  const start = () => store.start((reading) => client.sendMessage('chat-1', { content: 'Hi' }, reading));
  return { store, start, ...watch(store) };
}

/** Sends the beginning of a reply, and the rest on request; reports when its reader disconnects. */
function patient() {
  const rest = Promise.withResolvers<'completed' | 'stopped'>();
  const left = Promise.withResolvers<void>();
  const answer: Answer = async (request, response) => {
    response.on('close', left.resolve);
    await stream([meta, delta('Hel')], { ending: 'hang' })(request, response);
    response.end(frameFrom(3)(done('Hel', await rest.promise), 0));
  };
  return { answer, end: rest.resolve, left: left.promise };
}

describe('an existing reply', () => {
  test('is read from its beginning with the first subscriber: text, thoughts and usage', async () => {
    await using server = await scriptedServer(
      stream([meta, { event: 'thought', data: { text: 'Hm.' } }, delta('Hel'), delta('lo'), done('Hello')]),
    );
    const client = createChatClient(server);
    const store = createReplyStore(client, { generationId: GENERATION_ID });
    expect(store.getSnapshot()).toMatchObject({ status: 'idle', text: '' });
    expect(server.requests).toEqual([]);
    const { seen, until, leave } = watch(store);
    const { text } = await until(({ status }) => status === 'completed');
    expect(text).toBe('Hello');
    expect(seen[0]?.status).toBe('submitting');
    expect(seen.some(({ thoughts, status }) => thoughts === 'Hm.' && status === 'streaming')).toBe(true);
    expect(server.requests).toMatchObject([{ path: FOLLOW }]);
    leave();
  });

  test('is resumed after the last event by a later subscriber', async () => {
    const { answer, left } = patient();
    await using server = await scriptedServer(answer, stream([delta('lo'), done('Hello')], { from: 3 }));
    const store = createReplyStore(createChatClient(server), { generationId: GENERATION_ID });
    const first = watch(store);
    await first.until(({ text }) => text === 'Hel');
    first.leave();
    await left;
    const second = watch(store);
    await second.until(({ text, status }) => text === 'Hello' && status === 'completed');
    expect(server.requests[1]?.headers['last-event-id']).toBe(`${GENERATION_ID}:2`);
    second.leave();
  });

  test('is read once when subscribed twice in one turn, as in strict mode of React', async () => {
    await using server = await scriptedServer(stream([meta, done('Hello')]));
    const store = createReplyStore(createChatClient(server), { generationId: GENERATION_ID });
    watch(store).leave();
    const { until, leave } = watch(store);
    await until(({ status }) => status === 'completed');
    expect(server.requests).toHaveLength(1);
    leave();
  });

  test('with pruned events is shown as the server stores it', async () => {
    const whole = message({ parts: [{ type: 'text', text: 'Hello' }] });
    await using server = await scriptedServer(
      stream([{ event: 'snapshot', data: { message: whole } }, done('Hello')]),
    );
    const { until, leave } = open(server, { generationId: GENERATION_ID });
    expect((await until(({ status }) => status === 'completed')).text).toBe('Hello');
    leave();
  });

  test('that failed has its error and its partial text', async () => {
    const partial = message({ status: 'failed', parts: [{ type: 'text', text: 'Hel' }] });
    const data = {
      status: 'failed',
      code: 'model_timeout',
      message: 'Silence.',
      retryable: true,
      partial,
    } as const;
    await using server = await scriptedServer(stream([meta, delta('Hel'), { event: 'error', data }]));
    const { until, leave } = open(server, { generationId: GENERATION_ID });
    const { text, error } = await until(({ status }) => status === 'failed');
    expect(text).toBe('Hel');
    expect(error).toMatchObject({ name: 'ReplyFailedError', code: 'model_timeout', message: 'Silence.' });
    leave();
  });
});

describe('a new reply', () => {
  test('resolves with its final state, and another reply can follow', async () => {
    await using server = await scriptedServer(stream([meta, delta('Hello'), done('Hello')]));
    const { store, start, leave } = open(server);
    expect(await start()).toMatchObject({ status: 'completed', text: 'Hello', generationId: GENERATION_ID });
    const second = start();
    expect(store.getSnapshot()).toMatchObject({ status: 'submitting', text: '' });
    expect(await second).toMatchObject({ status: 'completed' });
    leave();
  });

  test('is not started while another is being read', async () => {
    const { answer, end } = patient();
    await using server = await scriptedServer(answer);
    const { start, until, leave } = open(server);
    const first = start();
    expect(await start()).toMatchObject({ status: 'submitting' });
    await until(({ text }) => text === 'Hel');
    end('completed');
    await first;
    expect(server.requests).toHaveLength(1);
    leave();
  });

  test('that is rejected sets the error', async () => {
    await using server = await scriptedServer(json({ code: 'budget_exceeded' }, 403));
    const { start, leave } = open(server);
    expect(await start()).toMatchObject({ status: 'error', error: { code: 'budget_exceeded' }, text: '' });
    leave();
  });

  test('is stopped as soon as it begins, if `stop` was called before', async () => {
    const { answer, end } = patient();
    await using server = await scriptedServer(answer, (request, response) => {
      end('stopped');
      return json({ id: GENERATION_ID, status: 'stopped' })(request, response);
    });
    const { store, start, leave } = open(server);
    const ended = start();
    await Promise.resolve();
    await store.stop();
    expect(await ended).toMatchObject({ status: 'stopped', text: 'Hel' });
    expect(server.requests[1]?.path).toBe(STOP);
    leave();
  });

  test('continues on the server without a connection after the last unsubscription', async () => {
    const { answer, left } = patient();
    await using server = await scriptedServer(answer);
    const { start, until, leave } = open(server);
    void start();
    await until(({ text }) => text === 'Hel');
    leave();
    await left;
    expect(server.requests).toHaveLength(1);
  });
});

describe('messages without a chat', () => {
  test('go to the chat that the first message creates', async () => {
    const reply = stream([meta, delta('Hello'), done('Hello')]);
    await using server = await scriptedServer(json({ id: 'chat-9' }, 201), reply, reply);
    const store = createGeminiStreamStore(createChatClient(server), null);
    const { leave } = watch(store);
    expect(await store.streamMessage('Hi')).toBe('Hello');
    await store.streamMessage('And?');
    const path = '/api/chats/chat-9/messages';
    expect(server.requests.map((request) => request.path)).toEqual(['/api/chats', path, path]);
    leave();
  });

  test('are stopped after the last unsubscription', async () => {
    const { answer, left } = patient();
    const stopped = Promise.withResolvers<void>();
    await using server = await scriptedServer(answer, (request, response) => {
      stopped.resolve();
      return json({ id: GENERATION_ID, status: 'stopped' })(request, response);
    });
    const store = createGeminiStreamStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    void store.streamMessage('Hi');
    await until(({ text }) => text === 'Hel');
    leave();
    await left;
    await stopped.promise;
    expect(server.requests[1]?.path).toBe(STOP);
  });

  test('are never sent if unsubscribed before the chat exists', async () => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await using server = await scriptedServer((_request, response) => {
      response.on('close', left.resolve);
      asked.resolve();
    });
    const store = createGeminiStreamStore(createChatClient(server), null);
    const { leave } = watch(store);
    const said = store.streamMessage('Hi');
    await asked.promise;
    leave();
    await left.promise;
    expect(await said).toBe('');
    expect(server.requests).toHaveLength(1);
  });
});
