import { describe, expect, test } from 'vitest';
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
import { chat, generation, scriptedChat } from '../../test-support/scripted-chat.ts';
import {
  delta,
  frameFrom,
  GENERATION_ID,
  message,
  meta,
  stream,
  userMessage,
} from '../../test-support/scripted-server.ts';
import type { Answer } from '../../test-support/scripted-server.ts';
import { idle, textOf } from '../../test-support/watch-store.ts';

const laterQuestion = message({ ...userMessage, id: 'user-2', parentId: 'assistant-1' });
const laterReply = message({ id: 'assistant-2', parentId: 'user-2', generationId: '01kb3vXq7Zt0a9Bd' });

describe('what is done elsewhere', () => {
  test('a question and its reply appear, and the reply grows', async () => {
    const rest = Promise.withResolvers<void>();
    await using server = await scriptedChat(NOTHING, async (request, response) => {
      await stream(REPLY.slice(0, 2), { ending: 'hang' })(request, response);
      await rest.promise;
      response.end(REPLY.slice(2).map(frameFrom(3)).join(''));
    });
    const tab = open(server);
    await tab.until(idle);
    server.channel.tell(ASKED, BEGUN);
    const growing = await tab.until(({ messages }) => textOf(messages[1]) === 'Hel');
    expect(growing.status).toBe('streaming');
    expect(growing.messages[0]).toEqual(userMessage);
    rest.resolve();
    expect((await tab.until(idle)).messages).toEqual([userMessage, HELLO]);
    expect(paths(server)).toEqual([
      'GET /api/chats/chat-1/messages',
      `GET /api/generations/${GENERATION_ID}/events`,
    ]);
    tab.leave();
  });

  test('a reply that has ended is shown without its events', async () => {
    await using server = await scriptedChat(list(userMessage, message({ status: 'failed' })));
    const tab = open(server);
    await tab.until(idle);
    const again = { ...HELLO, id: 'assistant-2' };
    server.channel.tell(generation(again));
    expect((await tab.until(({ messages }) => messages[1]?.id === 'assistant-2')).messages[1]).toEqual(again);
    expect(server.requests).toHaveLength(1);
    tab.leave();
  });

  test('a reply that began and ended, told late, is not begun again', async () => {
    await using server = await scriptedChat(list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    server.channel.tell(ASKED, BEGUN);
    await heard(server, tab);
    expect(tab.store.getSnapshot().messages).toEqual([userMessage, HELLO]);
    expect(server.requests).toHaveLength(1);
    tab.leave();
  });

  test('a summary that was made is shown beneath what it tells', async () => {
    await using server = await scriptedChat(list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    const summary = { ...HELLO, id: 'summary', role: 'system' as const, parentId: HELLO.id };
    server.channel.tell(generation(summary));
    const { messages } = await tab.until((snapshot) => snapshot.messages.length === 3);
    expect(messages).toEqual([userMessage, HELLO, summary]);
    tab.leave();
  });

  test('something older than what is shown stays out of sight', async () => {
    await using server = await scriptedChat(list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    const older = { ...HELLO, id: 'assistant-0', createdAt: '2026-11-20T11:00:00.000Z' };
    server.channel.tell(generation(older));
    await heard(server, tab);
    expect(tab.store.getSnapshot().messages).toEqual([userMessage, HELLO]);
    tab.leave();
  });

  test('a new title is told, and the first is read', async () => {
    await using server = await scriptedChat(NOTHING);
    const tab = open(server);
    expect((await tab.until(({ chat }) => chat !== null)).chat).toEqual(chat());
    server.channel.tell({ event: 'chat', data: chat({ title: 'Mills' }) });
    await tab.until(({ chat }) => chat?.title === 'Mills');
    tab.leave();
  });

  test('a deleted chat is known to be', async () => {
    await using server = await scriptedChat(list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    server.channel.tell({ event: 'chat_deleted', data: { chatId: 'chat-1' } });
    expect((await tab.until(({ status }) => status !== 'idle')).status).toBe('deleted');
    tab.leave();
  });
});

describe('what is done here', () => {
  test('is told as well, and shown once, whichever comes first', async () => {
    // Newer than what stands for the question until it is saved.
    const createdAt = new Date(Date.now() + 60_000).toISOString();
    const [question, reply] = [{ ...userMessage, createdAt }, message({ createdAt })];
    const begin = {
      ...meta,
      data: { ...meta.data, userMessage: question, assistantMessage: reply },
    } as typeof meta;
    const told = Promise.withResolvers<void>();
    await using server = await scriptedChat(NOTHING, async (request, response) => {
      server.channel.tell({ event: 'message', data: question }, generation(reply));
      await told.promise;
      await stream([begin, ...REPLY.slice(1)])(request, response);
      server.channel.tell(ENDED);
    });
    const tab = open(server);
    await tab.until(idle);
    const sent = tab.store.send('Hi');
    await expect.poll(() => server.requests.length).toBe(2);
    await heard(server, tab);
    told.resolve();
    expect(await sent).toBe(true);
    await tab.until(idle);
    await heard(server, tab);
    for (const { messages } of tab.seen) expect(messages.length).toBeLessThanOrEqual(2);
    expect(tab.store.getSnapshot().messages).toEqual([question, HELLO]);
    expect(paths(server)).toEqual(['GET /api/chats/chat-1/messages', 'POST /api/chats/chat-1/messages']);
    tab.leave();
  });

  test('goes before the messages that are being read, which are read again afterwards', async () => {
    const unanswered: Answer = () => undefined;
    await using server = await scriptedChat(unanswered, stream(REPLY), list(userMessage, HELLO));
    const tab = open(server);
    await expect.poll(() => server.requests.length).toBe(1);
    expect(await tab.store.send('Hi')).toBe(true);
    expect((await tab.until(idle)).messages).toEqual([userMessage, HELLO]);
    expect(paths(server).map((path) => path.split('/').at(-1))).toEqual(['messages', 'messages', 'messages']);
    tab.leave();
  });

  test('is not disturbed by what is done elsewhere meanwhile, which is shown afterwards', async () => {
    const rest = Promise.withResolvers<void>();
    const laterMeta = { ...meta, data: { ...meta.data, assistantMessage: laterReply } } as typeof meta;
    await using server = await scriptedChat(
      NOTHING,
      async (request, response) => {
        await stream(REPLY.slice(0, 2), { ending: 'hang' })(request, response);
        await rest.promise;
        response.end(REPLY.slice(2).map(frameFrom(3)).join(''));
      },
      stream([laterMeta, delta('And')], { ending: 'hang' }),
    );
    const tab = open(server);
    await tab.until(idle);
    await tab.store.send('Hi');
    server.channel.tell(ASKED, BEGUN, ENDED, { event: 'message', data: laterQuestion });
    server.channel.tell(generation(laterReply, '01kb3vXq7Zt0a9Bd'));
    await heard(server, tab);
    expect(tab.store.getSnapshot().messages.map(({ id }) => id)).toEqual(['user-1', 'assistant-1']);
    rest.resolve();
    const { messages } = await tab.until(({ messages }) => textOf(messages[3]) === 'And');
    expect(messages.slice(0, 3)).toEqual([userMessage, HELLO, laterQuestion]);
    tab.leave();
  });
});
