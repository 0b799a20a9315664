import { encodeFrame } from '@millrace/protocol';
import { describe, expect, test } from 'vitest';
import { chat, generation, scriptedChat } from '../../test-support/scripted-chat.ts';
import { json, message, scriptedServer, userMessage } from '../../test-support/scripted-server.ts';
import type { ScriptedServer } from '../../test-support/scripted-server.ts';
import { createChatClient } from '../index.ts';
import type { ChannelUpdate, ConnectionState, FollowChatOptions } from '../index.ts';

const EVENTS = { 'content-type': 'text/event-stream' };

const ASKED = { event: 'message' as const, data: userMessage };
const BEGUN = generation(message());
const ENDED = generation(message({ status: 'completed' }));
const DELETED = { event: 'chat_deleted' as const, data: { chatId: 'chat-1' } };

function renamed(title: string) {
  return { event: 'chat' as const, data: chat({ title }) };
}

/** Follows the chat until the end of the test. */
function follow(server: ScriptedServer, options: FollowChatOptions = {}) {
  const leave = new AbortController();
  const channel = createChatClient(server).followChat('chat-1', { signal: leave.signal, ...options });
  const updates: ChannelUpdate[] = [];
  const done = (async () => {
    for await (const update of channel) updates.push(update);
  })();
  return {
    channel,
    done,
    leave,
    /** The updates, once there are `count` of them. */
    received: async (count: number) => {
      await expect.poll(() => updates.length).toBeGreaterThanOrEqual(count);
      return updates;
    },
    [Symbol.asyncDispose]: async () => {
      leave.abort();
      await Promise.allSettled([done]);
    },
  };
}

describe('following a chat', () => {
  test('delivers new events in order, and reports that earlier events are missed', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server);
    await tab.received(1);
    server.channel.send(ASKED, BEGUN);
    server.channel.send(ENDED, DELETED);
    await tab.done;
    expect(await tab.received(5)).toEqual([{ event: 'missed' }, ASKED, BEGUN, ENDED, DELETED]);
    expect(server.channel.requests).toHaveLength(1);
    expect(server.channel.requests[0]?.headers).not.toHaveProperty('last-event-id');
  });

  test('with a last event delivers the later events only', async () => {
    await using server = await scriptedChat();
    server.channel.send(ASKED, BEGUN, ENDED);
    await using tab = follow(server, { after: 1 });
    expect(await tab.received(2)).toEqual([BEGUN, ENDED]);
    expect(server.channel.requests[0]?.headers['last-event-id']).toBe('chat-1:1');
  });

  test('skips an unknown event, without a gap', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server);
    await tab.received(1);
    server.channel.send(ASKED, { event: 'future', data: {} }, BEGUN);
    expect(await tab.received(3)).toEqual([{ event: 'missed' }, ASKED, BEGUN]);
  });

  test('delivers repeated events once', async () => {
    const frames = [ASKED, BEGUN, DELETED].map(({ event, data }, index) =>
      encodeFrame('chat-1', index + 1, event, JSON.stringify(data)),
    );
    await using server = await scriptedServer(
      (_request, response) => void response.writeHead(200, EVENTS).end(frames.slice(0, 2).join('')),
      (_request, response) => void response.writeHead(200, EVENTS).end(frames.join('')),
    );
    await using tab = follow(server);
    await tab.done;
    expect(await tab.received(4)).toEqual([{ event: 'missed' }, ASKED, BEGUN, DELETED]);
  });

  test('an event without a valid id is an error', async () => {
    await using server = await scriptedServer((_request, response) => {
      response.writeHead(200, EVENTS).end('event: chat\ndata: {}\n\n');
    });
    await using tab = follow(server);
    await expect(tab.done).rejects.toMatchObject({ name: 'ProtocolError' });
  });

  test('an abort closes the connection', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server);
    await tab.received(1);
    tab.leave.abort(new Error('Gone'));
    await expect(tab.done).rejects.toThrow('Gone');
    await expect.poll(() => server.channel.readers).toBe(0);
  });
});

describe('a broken channel', () => {
  test('is resumed after the last event, without repeats', async () => {
    await using server = await scriptedChat();
    const changes: ConnectionState[] = [];
    const onConnectionChange = (state: ConnectionState) => changes.push(state);
    await using tab = follow(server, { onConnectionChange });
    await tab.received(1);
    server.channel.send(ASKED);
    await tab.received(2);
    server.channel.cut();
    server.channel.send(BEGUN);
    server.channel.send(ENDED);
    expect(await tab.received(4)).toEqual([{ event: 'missed' }, ASKED, BEGUN, ENDED]);
    expect(server.channel.requests.at(-1)?.headers['last-event-id']).toBe('chat-1:1');
    expect(tab.channel.lastSequence).toBe(3);
    expect(changes).toEqual(['reconnecting', 'open']);
  });

  test('reports missed events if it breaks before the first event', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server);
    await tab.received(1);
    server.channel.cut();
    await tab.received(2);
    server.channel.send(BEGUN);
    expect(await tab.received(3)).toEqual([{ event: 'missed' }, { event: 'missed' }, BEGUN]);
  });

  test('reports missed events if the server has pruned some', async () => {
    await using server = await scriptedChat();
    server.channel.send(ASKED, BEGUN, ENDED, renamed('Mills'));
    server.channel.prune();
    await using tab = follow(server, { after: 1 });
    expect(await tab.received(2)).toEqual([{ event: 'missed' }, renamed('Mills')]);
  });

  test.each(['cursor_ahead', 'invalid_event_id'])('starts again if the server answers %s', async (code) => {
    await using server = await scriptedChat();
    server.channel.refuse((request, response) => {
      server.channel.refuse(null);
      return json({ code }, 409)(request, response);
    });
    await using tab = follow(server, { after: 7 });
    await tab.received(1);
    server.channel.send(ASKED);
    expect(await tab.received(2)).toEqual([{ event: 'missed' }, ASKED]);
  });

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
    await tab.received(1);
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

  test('without reconnecting, the error has the last sequence', async () => {
    await using server = await scriptedChat();
    await using tab = follow(server, { reconnect: false });
    await tab.received(1);
    server.channel.send(ASKED);
    await tab.received(2);
    server.channel.cut();
    await expect(tab.done).rejects.toMatchObject({
      name: 'StreamBrokenError',
      logId: 'chat-1',
      lastSequence: 1,
    });
  });
});
