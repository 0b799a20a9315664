import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ASKED,
  BEGUN,
  ENDED,
  heard,
  HELLO,
  list,
  NOTHING,
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
  test('lost shows, until it is back; and what happened meanwhile is told', async () => {
    await using server = await scriptedChat(list(userMessage, message({ status: 'failed' })));
    const tab = open(server);
    await tab.until(idle);
    await heard(server, tab);
    server.channel.refuse(json({ code: 'shutting_down' }, 503, { 'retry-after': '0' }));
    server.channel.cut();
    await tab.until(({ connection }) => connection === 'reconnecting');
    server.channel.tell(generation({ ...HELLO, id: 'assistant-2' }));
    server.channel.refuse(null);
    await tab.until(({ messages, connection }) => connection === 'open' && messages[1]?.id === 'assistant-2');
    expect(server.requests).toHaveLength(1);
    tab.leave();
  });

  test('tells of ratings, and the list of messages of what it did not tell', async () => {
    const rating = { rating: 'bad', note: 'No river.' } as const;
    await using server = await scriptedChat(
      list(userMessage, { ...HELLO, rating }),
      list(userMessage, HELLO),
    );
    const tab = open(server);
    await tab.until(({ messages }) => messages[1]?.rating?.note === 'No river.');
    server.channel.cut();
    await tab.until(({ messages }) => messages[1]?.rating === null);
    server.channel.tell({ event: 'rating', data: { messageId: HELLO.id, rating } });
    await tab.until(({ messages }) => messages[1]?.rating?.note === 'No river.');
    expect(server.requests).toHaveLength(2);
    tab.leave();
  });

  test('that has forgotten what happened makes the messages be read again', async () => {
    await using server = await scriptedChat(NOTHING, list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    server.channel.cut();
    await tab.until(({ messages }) => messages.length === 2);
    expect(paths(server)).toEqual(['GET /api/chats/chat-1/messages', 'GET /api/chats/chat-1/messages']);
    tab.leave();
  });

  test('that comes back makes the messages be read, where they could not be before', async () => {
    await using server = await scriptedChat(json({ code: 'internal' }, 500), list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(({ status }) => status === 'error');
    server.channel.cut();
    expect((await tab.until(idle)).messages).toEqual([userMessage, HELLO]);
    tab.leave();
  });

  test('tells how a reply ended that could not be read, and which is not asked for in vain meanwhile', async () => {
    await using server = await scriptedChat(list(userMessage, message()), json({ code: 'not_found' }, 404));
    const tab = open(server);
    await tab.until(({ status }) => status === 'error');
    server.channel.tell(ENDED);
    await tab.until(({ messages }) => messages[1]?.status === 'completed');
    expect(server.requests).toHaveLength(2);
    tab.leave();
  });

  test('refused for good is an error, and reloading mends it', async () => {
    await using server = await scriptedChat(NOTHING);
    server.channel.refuse(json({ code: 'not_found' }, 404));
    const tab = open(server);
    expect((await tab.until(({ status }) => status === 'error')).error).toMatchObject({ code: 'not_found' });
    server.channel.refuse(null);
    await tab.store.resume();
    await tab.until(idle);
    await expect.poll(() => server.channel.readers).toBe(1);
    tab.leave();
  });

  test('is left when nobody is subscribed, and followed from where it was when somebody is', async () => {
    await using server = await scriptedChat(NOTHING, stream(REPLY));
    const first = open(server);
    await first.until(idle);
    await heard(server, first);
    first.leave();
    await expect.poll(() => server.channel.readers).toBe(0);
    server.channel.tell(ASKED, BEGUN);
    const second = watch(first.store);
    await second.until(({ messages }) => messages[1]?.status === 'completed');
    expect(server.channel.requests[1]?.headers['last-event-id']).toBe('chat-1:1');
    expect(server.requests.filter(({ path }) => path.endsWith('/messages'))).toHaveLength(1);
    second.leave();
  });

  test('followed again, a reply that was left is read again', async () => {
    const begun = stream(REPLY.slice(0, 2), { ending: 'hang' });
    await using server = await scriptedChat(NOTHING, begun, stream(REPLY));
    const first = open(server);
    await first.until(idle);
    server.channel.tell(ASKED, BEGUN);
    await first.until(({ messages }) => textOf(messages[1]) === 'Hel');
    first.leave();
    await expect.poll(() => server.channel.readers).toBe(0);
    const second = watch(first.store);
    await second.until(({ messages }) => messages[1]?.status === 'completed');
    expect(server.requests.filter(({ path }) => path.endsWith('/messages'))).toHaveLength(1);
    second.leave();
  });

  test('nothing is asked for by a page that nobody looks at', async () => {
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

  test('a server out of reach from the beginning is waited for', async () => {
    const before = await scriptedServer();
    await before[Symbol.asyncDispose]();
    const store = createChatStore(createChatClient(before), 'chat-1');
    const tab = watch(store);
    const { status } = await tab.until(({ connection }) => connection === 'reconnecting');
    expect(status).toBe('loading');
    tab.leave();
  });
});
