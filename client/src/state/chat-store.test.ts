import { describe, expect, test } from 'vitest';
import { list, EMPTY_LIST } from '../../test-support/followed-chat.ts';
import { scriptedChat } from '../../test-support/scripted-chat.ts';
import {
  delta,
  done,
  frameFrom,
  GENERATION_ID,
  json,
  message,
  meta,
  noContent,
  stream,
  userMessage,
} from '../../test-support/scripted-server.ts';
import type { Answer } from '../../test-support/scripted-server.ts';
import { idle, textOf, watch } from '../../test-support/watch-store.ts';
import { createChatClient } from '../index.ts';
import { createChatStore } from './index.ts';

const ENDED = message({ status: 'completed', parts: [{ type: 'text', text: 'Hello' }] });

describe('loading', () => {
  test('the newest path of the tree is shown', async () => {
    const older = message({ id: 'assistant-0', status: 'completed' });
    await using server = await scriptedChat(list(userMessage, older, ENDED));
    const { until, leave } = watch(createChatStore(createChatClient(server), 'chat-1'));
    expect((await until(idle)).messages).toEqual([userMessage, ENDED]);
    leave();
  });

  test('a summary follows the message that it summarizes, and is never the leaf or a parent', async () => {
    const summary = message({ id: 'summary', role: 'system', parentId: 'assistant-1', status: 'completed' });
    const running = { ...summary, id: 'running-summary', status: 'running' } as const;
    await using server = await scriptedChat(
      list(userMessage, ENDED, summary, running),
      stream([meta, done('Well')]),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    expect((await until(idle)).messages).toEqual([userMessage, ENDED, summary]);
    await store.send('And now?');
    expect(server.requests.find(({ method }) => method === 'POST')?.body).toMatchObject({
      parentId: 'assistant-1',
    });
    leave();
  });

  test('a running reply is followed from its beginning', async () => {
    await using server = await scriptedChat(
      list(userMessage, message()),
      stream([meta, delta('Hel'), delta('lo'), done('Hello')]),
    );
    const { until, leave } = watch(createChatStore(createChatClient(server), 'chat-1'));
    const { messages } = await until(({ messages }) => messages[1]?.status === 'completed');
    expect(textOf(messages[1])).toBe('Hello');
    expect(server.requests[1]?.headers['last-event-id']).toBe(`${GENERATION_ID}:0`);
    leave();
  });

  test('a reply that ends between listing and following is listed again', async () => {
    await using server = await scriptedChat(
      list(userMessage, message()),
      noContent,
      list(userMessage, ENDED),
    );
    const { until, leave } = watch(createChatStore(createChatClient(server), 'chat-1'));
    const { messages } = await until(({ messages }) => messages[1]?.status === 'completed');
    expect(messages).toEqual([userMessage, ENDED]);
    leave();
  });

  test('a failure is an error, which `resume` clears', async () => {
    await using server = await scriptedChat(json({ code: 'internal' }, 500), list(userMessage, ENDED));
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    expect((await until(({ status }) => status === 'error')).error).toMatchObject({ code: 'internal' });
    await store.resume();
    expect((await until(idle)).messages).toHaveLength(2);
    leave();
  });
});

describe('sending a message', () => {
  test('shows the message at once, replaces it by the saved message, and lets the reply grow', async () => {
    await using server = await scriptedChat(
      EMPTY_LIST,
      stream([meta, delta('Hel'), delta('lo'), done('Hello')]),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { seen, until, leave } = watch(store);
    await until(idle);
    expect(await store.send('Hi')).toBe(true);
    const { messages } = await until(idle);
    expect(messages.map(({ id }) => id)).toEqual(['user-1', 'assistant-1']);
    expect(textOf(messages[1])).toBe('Hello');
    const submitting = seen.find(({ status }) => status === 'submitting');
    expect(submitting?.messages).toMatchObject([{ role: 'user', parts: [{ text: 'Hi' }] }]);
    leave();
  });

  test('a notice remains until another reply begins', async () => {
    const notice = { code: 'retrying', message: 'Again in 3 seconds.' };
    await using server = await scriptedChat(
      EMPTY_LIST,
      stream([meta, { event: 'notice', data: notice }, done('Hello')]),
      stream([meta, done('Hello')]),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { seen, until, leave } = watch(store);
    expect((await until(idle)).notice).toBeNull();
    await store.send('Hi');
    expect((await until(({ notice, status }) => notice !== null && status === 'idle')).notice).toEqual(
      notice,
    );
    await store.send('And?');
    await until(({ notice, status }) => notice === null && status === 'idle');
    expect(seen.some(({ status, notice }) => status === 'submitting' && notice !== null)).toBe(false);
    leave();
  });

  test('a token changes no other message object', async () => {
    await using server = await scriptedChat(
      EMPTY_LIST,
      stream([meta, delta('Hel'), delta('lo'), done('Hello')]),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { seen, until, leave } = watch(store);
    await until(idle);
    await store.send('Hi');
    await until(idle);
    const saved = seen.map(({ messages }) => messages[0]).filter((first) => first?.id === 'user-1');
    expect(new Set(saved).size).toBe(1);
    leave();
  });

  test('the parent of a message is the last message', async () => {
    await using server = await scriptedChat(list(userMessage, ENDED), stream([meta, done('Hello')]));
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    await until(idle);
    await store.send('And?');
    expect(server.requests[1]?.body).toEqual({ content: 'And?', parentId: 'assistant-1' });
    leave();
  });

  test('a rejected message is removed, and the error says why', async () => {
    await using server = await scriptedChat(
      list(userMessage, ENDED),
      json({ code: 'rate_limited', detail: 'Too fast.' }, 429),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    await until(idle);
    expect(await store.send('And?')).toBe(false);
    const snapshot = await until(({ status }) => status === 'error');
    expect(snapshot.messages).toEqual([userMessage, ENDED]);
    expect(snapshot.error).toMatchObject({ code: 'rate_limited', detail: 'Too fast.' });
    leave();
  });

  test('a regenerated reply replaces the other on the path', async () => {
    const sibling = message({ id: 'assistant-2' });
    const again = {
      ...meta,
      data: { ...meta.data, userMessage: null, assistantMessage: sibling },
    } as typeof meta;
    await using server = await scriptedChat(
      list(userMessage, ENDED),
      stream([again, delta('Hey')], { ending: 'hang' }),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    await until(idle);
    expect(await store.regenerate('assistant-1')).toBe(true);
    const { messages } = await until(({ messages }) => textOf(messages[1]) === 'Hey');
    expect(messages.map(({ id }) => id)).toEqual(['user-1', 'assistant-2']);
    leave();
  });
});

describe('continuing a reply', () => {
  const stopped = message({ status: 'stopped', parts: [{ type: 'text', text: 'Hel' }] });
  const rest = message({ id: 'assistant-2', parentId: 'assistant-1', continues: 'assistant-1' });
  const begin = {
    ...meta,
    data: { ...meta.data, userMessage: null, assistantMessage: rest },
  } as typeof meta;

  test('the continuation is a child of the reply', async () => {
    await using server = await scriptedChat(
      list(userMessage, stopped),
      stream([begin, delta('lo')], { ending: 'hang' }),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    await until(idle);
    expect(await store.continueReply('assistant-1')).toBe(true);
    const { messages } = await until(({ messages }) => textOf(messages[2]) === 'lo');
    expect(messages.slice(0, 2)).toEqual([userMessage, stopped]);
    expect(server.requests[1]).toMatchObject({ method: 'POST', path: '/api/messages/assistant-1/continue' });
    leave();
  });

  test('a rejected continuation leaves the chat unchanged', async () => {
    await using server = await scriptedChat(
      list(userMessage, stopped),
      json({ code: 'invalid_request' }, 400),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    await until(idle);
    expect(await store.continueReply('assistant-1')).toBe(false);
    expect((await until(({ status }) => status === 'error')).messages).toEqual([userMessage, stopped]);
    leave();
  });
});

describe('the connection', () => {
  const away = json({ code: 'shutting_down' }, 503, { 'retry-after': '0' });

  test('is `reconnecting` while the connection of a reply is lost', async () => {
    await using server = await scriptedChat(
      EMPTY_LIST,
      stream([meta, delta('Hel')], { ending: 'destroy' }),
      away,
      stream([delta('lo'), done('Hello')], { from: 3 }),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { seen, until, leave } = watch(store);
    await until(idle);
    await store.send('Hi');
    expect((await until(({ connection }) => connection === 'reconnecting')).status).toBe('streaming');
    const { messages, connection } = await until(idle);
    expect(textOf(messages[1])).toBe('Hello');
    expect(connection).toBe('open');
    expect(seen[0]?.connection).toBe('open');
    leave();
  });

  test('if it is lost before the reply begins, `stop` removes the message and lists the messages', async () => {
    await using server = await scriptedChat(EMPTY_LIST, away, away);
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    await until(idle);
    const sent = store.send('Hi');
    await until(({ connection }) => connection === 'reconnecting');
    void store.stop();
    expect(await sent).toBe(false);
    const { messages, connection } = await until(({ status }) => status === 'error');
    expect({ messages, connection }).toEqual({ messages: [], connection: 'open' });
    expect(server.requests.at(-1)).toMatchObject({ method: 'GET', path: '/api/chats/chat-1/messages' });
    leave();
  });
});

describe('stopping and unsubscribing', () => {
  test('`stop` before the reply has an id stops it once it has one', async () => {
    const stopped = Promise.withResolvers<void>();
    const reply: Answer = async (request, response) => {
      await stream([meta, delta('Hel')], { ending: 'hang' })(request, response);
      await stopped.promise;
      response.end(frameFrom(3)(done('Hel', 'stopped'), 0));
    };
    await using server = await scriptedChat(EMPTY_LIST, reply, (request, response) => {
      stopped.resolve();
      return json({ id: GENERATION_ID, status: 'stopped' })(request, response);
    });
    const store = createChatStore(createChatClient(server), 'chat-1');
    const { until, leave } = watch(store);
    await until(idle);
    void store.send('Hi');
    void store.stop();
    const { messages } = await until(({ messages }) => messages[1]?.status === 'stopped');
    expect(textOf(messages[1])).toBe('Hel');
    expect(server.requests[2]?.path).toBe(`/api/generations/${GENERATION_ID}/stop`);
    leave();
  });

  test('unsubscribing closes the stream without stopping the reply, and subscribing follows it again', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await scriptedChat(
      list(userMessage, message()),
      (request, response) => {
        response.on('close', closed.resolve);
        return stream([meta, delta('Hel')], { ending: 'hang' })(request, response);
      },
      list(userMessage, message()),
      stream([meta, delta('Hel'), delta('lo'), done('Hello')]),
    );
    const store = createChatStore(createChatClient(server), 'chat-1');
    const first = watch(store);
    await first.until(({ messages }) => textOf(messages[1]) === 'Hel');
    first.leave();
    await closed.promise;
    const second = watch(store);
    await second.until(({ messages }) => textOf(messages[1]) === 'Hello');
    expect(server.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    second.leave();
  });

  test("unsubscribing and subscribing in one turn, as React's strict mode does, loads once", async () => {
    await using server = await scriptedChat(list(userMessage, ENDED));
    const store = createChatStore(createChatClient(server), 'chat-1');
    watch(store).leave();
    const { until, leave } = watch(store);
    await until(idle);
    expect(server.requests).toHaveLength(1);
    leave();
  });
});
