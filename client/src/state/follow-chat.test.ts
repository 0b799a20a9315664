import { describe, expect, test } from 'vitest';
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

describe('changes from other clients', () => {
  test('show a question and its growing reply', async () => {
    const rest = Promise.withResolvers<void>();
    await using server = await scriptedChat(EMPTY_LIST, async (request, response) => {
      await stream(REPLY.slice(0, 2), { ending: 'hang' })(request, response);
      await rest.promise;
      response.end(REPLY.slice(2).map(frameFrom(3)).join(''));
    });
    const tab = open(server);
    await tab.until(idle);
    server.channel.send(ASKED, BEGUN);
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

  test('show a finished reply without reading its events', async () => {
    await using server = await scriptedChat(list(userMessage, message({ status: 'failed' })));
    const tab = open(server);
    await tab.until(idle);
    const again = { ...HELLO, id: 'assistant-2' };
    server.channel.send(generation(again));
    expect((await tab.until(({ messages }) => messages[1]?.id === 'assistant-2')).messages[1]).toEqual(again);
    expect(server.requests).toHaveLength(1);
    tab.leave();
  });

  test('do not restart a reply when its start and end are delivered late', async () => {
    await using server = await scriptedChat(list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    server.channel.send(ASKED, BEGUN);
    await allReceived(server, tab);
    expect(tab.store.getSnapshot().messages).toEqual([userMessage, HELLO]);
    expect(server.requests).toHaveLength(1);
    tab.leave();
  });

  test('show a summary below the message that it summarizes', async () => {
    await using server = await scriptedChat(list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    const summary = { ...HELLO, id: 'summary', role: 'system' as const, parentId: HELLO.id };
    server.channel.send(generation(summary));
    const { messages } = await tab.until((snapshot) => snapshot.messages.length === 3);
    expect(messages).toEqual([userMessage, HELLO, summary]);
    tab.leave();
  });

  test('do not show a message that is older than the visible leaf', async () => {
    await using server = await scriptedChat(list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    const older = { ...HELLO, id: 'assistant-0', createdAt: '2026-11-20T11:00:00.000Z' };
    server.channel.send(generation(older));
    await allReceived(server, tab);
    expect(tab.store.getSnapshot().messages).toEqual([userMessage, HELLO]);
    tab.leave();
  });

  test('update the title, which is read first', async () => {
    await using server = await scriptedChat(EMPTY_LIST);
    const tab = open(server);
    expect((await tab.until(({ chat }) => chat !== null)).chat).toEqual(chat());
    server.channel.send({ event: 'chat', data: chat({ title: 'Mills' }) });
    await tab.until(({ chat }) => chat?.title === 'Mills');
    tab.leave();
  });

  test('set the status of a deleted chat', async () => {
    await using server = await scriptedChat(list(userMessage, HELLO));
    const tab = open(server);
    await tab.until(idle);
    server.channel.send({ event: 'chat_deleted', data: { chatId: 'chat-1' } });
    expect((await tab.until(({ status }) => status !== 'idle')).status).toBe('deleted');
    tab.leave();
  });
});

describe("this client's own changes", () => {
  test('are delivered by the channel too, and shown once, in either order', async () => {
    // Newer than what stands for the question until it is saved.
    const createdAt = new Date(Date.now() + 60_000).toISOString();
    const [question, reply] = [{ ...userMessage, createdAt }, message({ createdAt })];
    const begin = {
      ...meta,
      data: { ...meta.data, userMessage: question, assistantMessage: reply },
    } as typeof meta;
    const delivered = Promise.withResolvers<void>();
    await using server = await scriptedChat(EMPTY_LIST, async (request, response) => {
      server.channel.send({ event: 'message', data: question }, generation(reply));
      await delivered.promise;
      await stream([begin, ...REPLY.slice(1)])(request, response);
      server.channel.send(ENDED);
    });
    const tab = open(server);
    await tab.until(idle);
    const sent = tab.store.send('Hi');
    await expect.poll(() => server.requests.length).toBe(2);
    await allReceived(server, tab);
    delivered.resolve();
    expect(await sent).toBe(true);
    await tab.until(idle);
    await allReceived(server, tab);
    for (const { messages } of tab.seen) expect(messages.length).toBeLessThanOrEqual(2);
    expect(tab.store.getSnapshot().messages).toEqual([question, HELLO]);
    expect(paths(server)).toEqual(['GET /api/chats/chat-1/messages', 'POST /api/chats/chat-1/messages']);
    tab.leave();
  });

  test('cancel a listing of the messages, which is repeated afterwards', async () => {
    const unanswered: Answer = () => undefined;
    await using server = await scriptedChat(unanswered, stream(REPLY), list(userMessage, HELLO));
    const tab = open(server);
    await expect.poll(() => server.requests.length).toBe(1);
    expect(await tab.store.send('Hi')).toBe(true);
    expect((await tab.until(idle)).messages).toEqual([userMessage, HELLO]);
    expect(paths(server).map((path) => path.split('/').at(-1))).toEqual(['messages', 'messages', 'messages']);
    tab.leave();
  });

  test('are not interrupted by changes from other clients, which are shown afterwards', async () => {
    const rest = Promise.withResolvers<void>();
    const laterMeta = { ...meta, data: { ...meta.data, assistantMessage: laterReply } } as typeof meta;
    await using server = await scriptedChat(
      EMPTY_LIST,
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
    server.channel.send(ASKED, BEGUN, ENDED, { event: 'message', data: laterQuestion });
    server.channel.send(generation(laterReply, '01kb3vXq7Zt0a9Bd'));
    await allReceived(server, tab);
    expect(tab.store.getSnapshot().messages.map(({ id }) => id)).toEqual(['user-1', 'assistant-1']);
    rest.resolve();
    const { messages } = await tab.until(({ messages }) => textOf(messages[3]) === 'And');
    expect(messages.slice(0, 3)).toEqual([userMessage, HELLO, laterQuestion]);
    tab.leave();
  });
});
