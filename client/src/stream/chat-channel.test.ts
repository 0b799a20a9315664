import { encodeFrame } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { chat, generation, scriptedChat } from '../../test-support/scripted-chat.ts';
import { json, message, scriptedServer, userMessage } from '../../test-support/scripted-server.ts';
import type { ScriptedServer } from '../../test-support/scripted-server.ts';
import { createChatClient } from '../index.ts';
import type { ChannelNews, ConnectionState, FollowChatOptions } from '../index.ts';

const EVENTS = { 'content-type': 'text/event-stream' };

const ASKED = { event: 'message' as const, data: userMessage };
const BEGUN = generation(message());
const ENDED = generation(message({ status: 'completed' }));
const DELETED = { event: 'chat_deleted' as const, data: { chatId: 'chat-1' } };

function renamed(title: string) {
  return { event: 'chat' as const, data: chat({ title }) };
}

/** Somebody who follows the chat, until the end of the test. */
function follow(server: ScriptedServer, options: FollowChatOptions = {}) {
  const leave = new AbortController();
  const channel = createChatClient(server).followChat('chat-1', { signal: leave.signal, ...options });
  const news: ChannelNews[] = [];
  const done = (async () => {
    for await (const told of channel) news.push(told);
  })();
  return {
    channel,
    done,
    leave,
    /** What was told, once it is that much. */
    told: async (count: number) => {
      await expect.poll(() => news.length).toBeGreaterThanOrEqual(count);
      return news;
    },
    [Symbol.asyncDispose]: async () => {
      leave.abort();
      await Promise.allSettled([done]);
    },
  };
}

describe('following a chat', () => {
  test('all that happens is told in order, and that what was before is not', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server);
    await tab.told(1);
    server.channel.tell(ASKED, BEGUN);
    server.channel.tell(ENDED, DELETED);
    await tab.done;
    expect(await tab.told(5)).toEqual([{ event: 'missed' }, ASKED, BEGUN, ENDED, DELETED]);
    expect(server.channel.requests).toHaveLength(1);
    expect(server.channel.requests[0]?.headers).not.toHaveProperty('last-event-id');
  });

  test('who knows where it was is told what came after, and nothing more', async () => {
    await using server = await scriptedChat();
    server.channel.tell(ASKED, BEGUN, ENDED);
    await using tab = follow(server, { after: 1 });
    expect(await tab.told(2)).toEqual([BEGUN, ENDED]);
    expect(server.channel.requests[0]?.headers['last-event-id']).toBe('chat-1:1');
  });

  test('an event of a later version is skipped, and leaves no gap', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server);
    await tab.told(1);
    server.channel.tell(ASKED, { event: 'future', data: {} }, BEGUN);
    expect(await tab.told(3)).toEqual([{ event: 'missed' }, ASKED, BEGUN]);
  });

  test('events that a server repeats are told once', async () => {
    const frames = [ASKED, BEGUN, DELETED].map(({ event, data }, index) =>
      encodeFrame('chat-1', index + 1, event, JSON.stringify(data)),
    );
    await using server = await scriptedServer(
      (_request, response) => void response.writeHead(200, EVENTS).end(frames.slice(0, 2).join('')),
      (_request, response) => void response.writeHead(200, EVENTS).end(frames.join('')),
    );
    await using tab = follow(server);
    await tab.done;
    expect(await tab.told(4)).toEqual([{ event: 'missed' }, ASKED, BEGUN, DELETED]);
  });

  test('an event without a valid id is an error, not silence', async () => {
    await using server = await scriptedServer((_request, response) => {
      response.writeHead(200, EVENTS).end('event: chat\ndata: {}\n\n');
    });
    await using tab = follow(server);
    await expect(tab.done).rejects.toMatchObject({ name: 'ProtocolError' });
  });

  test('leaving closes the connection', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server);
    await tab.told(1);
    tab.leave.abort(new Error('Gone'));
    await expect(tab.done).rejects.toThrow('Gone');
    await expect.poll(() => server.channel.readers).toBe(0);
  });
});

describe('a channel that breaks', () => {
  test('goes on where it was, and tells nothing twice', async () => {
    await using server = await scriptedChat();
    const changes: ConnectionState[] = [];
    const onConnectionChange = (state: ConnectionState) => changes.push(state);
    await using tab = follow(server, { onConnectionChange });
    await tab.told(1);
    server.channel.tell(ASKED);
    await tab.told(2);
    server.channel.cut();
    server.channel.tell(BEGUN);
    server.channel.tell(ENDED);
    expect(await tab.told(4)).toEqual([{ event: 'missed' }, ASKED, BEGUN, ENDED]);
    expect(server.channel.requests.at(-1)?.headers['last-event-id']).toBe('chat-1:1');
    expect(tab.channel.lastSequence).toBe(3);
    expect(changes).toEqual(['reconnecting', 'open']);
  });

  test('before it has told anything, says that something may have been missed', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server);
    await tab.told(1);
    server.channel.cut();
    await tab.told(2);
    server.channel.tell(BEGUN);
    expect(await tab.told(3)).toEqual([{ event: 'missed' }, { event: 'missed' }, BEGUN]);
  });

  test('for longer than the server remembers, says that something was missed', async () => {
    await using server = await scriptedChat();
    server.channel.tell(ASKED, BEGUN, ENDED, renamed('Mills'));
    server.channel.prune();
    await using tab = follow(server, { after: 1 });
    expect(await tab.told(2)).toEqual([{ event: 'missed' }, renamed('Mills')]);
  });

  test.each(['cursor_ahead', 'invalid_event_id'])(
    'from a place that is %s for the server, begins anew',
    async (code) => {
      await using server = await scriptedChat();
      server.channel.refuse((request, response) => {
        server.channel.refuse(null);
        return json({ code }, 409)(request, response);
      });
      await using tab = follow(server, { after: 7 });
      await tab.told(1);
      server.channel.tell(ASKED);
      expect(await tab.told(2)).toEqual([{ event: 'missed' }, ASKED]);
    },
  );

  test.each([
    [503, 'shutting_down'],
    [500, 'internal'],
    [502, undefined],
  ])('with a %i is opened again', async (status, code) => {
    await using server = await scriptedChat();
    server.channel.refuse((request, response) => {
      server.channel.refuse(null);
      return json({ code }, status, { 'retry-after': '0' })(request, response);
    });
    await using tab = follow(server);
    await tab.told(1);
    expect(server.channel.requests).toHaveLength(2);
  });

  test.each([
    [404, 'not_found'],
    [401, 'unauthenticated'],
    [400, 'invalid_request'],
  ])('with a %i is given up', async (status, code) => {
    await using server = await scriptedChat();
    server.channel.refuse(json({ code }, status));
    await using tab = follow(server);
    await expect(tab.done).rejects.toMatchObject({ name: 'ApiError', code });
    expect(server.channel.requests).toHaveLength(1);
  });

  test('without reconnecting, the error says where to go on', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server, { reconnect: false });
    await tab.told(1);
    server.channel.tell(ASKED);
    await tab.told(2);
    server.channel.cut();
    await expect(tab.done).rejects.toMatchObject({
      name: 'StreamBrokenError',
      logId: 'chat-1',
      lastSequence: 1,
    });
  });
});
