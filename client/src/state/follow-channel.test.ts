import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ASKED,
  BEGUN,
  ENDED,
  allReceived,
  HELLO,
  list,
  EMPTY_LIST,
  open,
  paths,
  REPLY,
} from '../../test-support/followed-chat.ts';
import { Page } from '../../test-support/page.ts';
import { generation, scriptedChat } from '../../test-support/scripted-chat.ts';
import {
  json,
  message,
  roundTrip,
  scriptedServer,
  stream,
  userMessage,
} from '../../test-support/scripted-server.ts';
import { idle, textOf, watch } from '../../test-support/watch-store.ts';
import { createChatClient } from '../index.ts';
import { createChatStore } from './index.ts';

afterEach(() => vi.unstubAllGlobals());

describe('the channel', () => {
  test('is `reconnecting` while its connection is lost, and then delivers the missed events', async () => {
    await using server = await scriptedChat(list(userMessage, message({ status: 'failed' })));
    const tab = open(server);
    await tab.until(idle);
    await allReceived(server, tab);
    server.channel.refuse(json({ code: 'shutting_down' }, 503, { 'retry-after': '0' }));
    server.channel.cut();
    await tab.until(({ connection }) => connection === 'reconnecting');
    server.channel.send(generation({ ...HELLO, id: 'assistant-2' }));
    server.channel.refuse(null);
    await tab.until(({ messages, connection }) => connection === 'open' && messages[1]?.id === 'assistant-2');
    expect(server.requests).toHaveLength(1);
    tab.leave();
  });

  test('delivers ratings, and missed ratings come from the list of messages', async () => {
    const rating = { rating: 'bad', note: 'No river.' } as const;
    await using server = await scriptedChat(
      list(userMessage, { ...HELLO, rating }),
      list(userMessage, HELLO),
    );
    const tab = open(server);
    await tab.until(({ messages }) => messages[1]?.rating?.note === 'No river.');
    server.channel.cut();
    await tab.until(({ messages }) => messages[1]?.rating === null);
    server.channel.send({ event: 'rating', data: { messageId: HELLO.id, rating } });
    await tab.until(({ messages }) => messages[1]?.rating?.note === 'No river.');
    expect(server.requests).toHaveLength(2);
    tab.leave();
  });

  test('with pruned events makes the store list the messages', async () => {
    await using server = await scriptedChat(EMPTY_LIST, list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    server.channel.cut();
    await tab.until(({ messages }) => messages.length === 2);
    expect(paths(server)).toEqual(['GET /api/chats/chat-1/messages', 'GET /api/chats/chat-1/messages']);
    tab.leave();
  });

  test('lists the messages again when it reconnects after a failed listing', async () => {
    await using server = await scriptedChat(json({ code: 'internal' }, 500), list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(({ status }) => status === 'error');
    server.channel.cut();
    expect((await tab.until(idle)).messages).toEqual([userMessage, HELLO]);
    tab.leave();
  });

  test('delivers the end of a reply that can not be followed, which is not requested repeatedly', async () => {
    await using server = await scriptedChat(list(userMessage, message()), json({ code: 'not_found' }, 404));
    const tab = open(server);
    await tab.until(({ status }) => status === 'error');
    server.channel.send(ENDED);
    await tab.until(({ messages }) => messages[1]?.status === 'completed');
    expect(server.requests).toHaveLength(2);
    tab.leave();
  });

  test('with a final error sets `error`, which `resume` clears', async () => {
    await using server = await scriptedChat(EMPTY_LIST);
    server.channel.refuse(json({ code: 'not_found' }, 404));
    const tab = open(server);
    expect((await tab.until(({ status }) => status === 'error')).error).toMatchObject({ code: 'not_found' });
    server.channel.refuse(null);
    await tab.store.resume();
    await tab.until(idle);
    await expect.poll(() => server.channel.readers).toBe(1);
    tab.leave();
  });

  test('is closed without subscribers, and resumed after the last event with the next one', async () => {
    await using server = await scriptedChat(EMPTY_LIST, stream(REPLY));
    const first = open(server);
    await first.until(idle);
    await allReceived(server, first);
    first.leave();
    await expect.poll(() => server.channel.readers).toBe(0);
    server.channel.send(ASKED, BEGUN);
    const second = watch(first.store);
    await second.until(({ messages }) => messages[1]?.status === 'completed');
    expect(server.channel.requests[1]?.headers['last-event-id']).toBe('chat-1:1');
    expect(server.requests.filter(({ path }) => path.endsWith('/messages'))).toHaveLength(1);
    second.leave();
  });

  test('resumed, it reads the running reply again', async () => {
    const begun = stream(REPLY.slice(0, 2), { ending: 'hang' });
    await using server = await scriptedChat(EMPTY_LIST, begun, stream(REPLY));
    const first = open(server);
    await first.until(idle);
    server.channel.send(ASKED, BEGUN);
    await first.until(({ messages }) => textOf(messages[1]) === 'Hel');
    first.leave();
    await expect.poll(() => server.channel.readers).toBe(0);
    const second = watch(first.store);
    await second.until(({ messages }) => messages[1]?.status === 'completed');
    expect(server.requests.filter(({ path }) => path.endsWith('/messages'))).toHaveLength(1);
    second.leave();
  });

  test('a hidden page sends no requests', async () => {
    const page = Page.open();
    page.hide();
    await using server = await scriptedChat(
      list(userMessage, message()),
      stream(REPLY.slice(0, 2), { ending: 'hang' }),
    );
    const tab = open(server);
    await roundTrip(server);
    expect([server.requests, server.channel.requests]).toEqual([[], []]);
    page.show();
    await tab.until(({ messages }) => textOf(messages[1]) === 'Hel');
    page.hide();
    await expect.poll(() => server.channel.readers).toBe(0);
    tab.leave();
  });

  test('waits for a server that is unreachable from the start', async () => {
    const before = await scriptedServer();
    await before[Symbol.asyncDispose]();
    const store = createChatStore(createChatClient(before), 'chat-1');
    const tab = watch(store);
    const { status } = await tab.until(({ connection }) => connection === 'reconnecting');
    expect(status).toBe('loading');
    tab.leave();
  });
});
