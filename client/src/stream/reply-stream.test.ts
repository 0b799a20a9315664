import { parseEventId } from '@millrace/protocol';
import type { ChatEvent, NumberedEvent } from '@millrace/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  delta,
  done,
  frameFrom,
  GENERATION_ID,
  json,
  meta,
  noContent,
  scriptedServer,
  scriptedServerAt,
  stream,
} from '../../test-support/scripted-server.ts';
import type { Answer } from '../../test-support/scripted-server.ts';
import { createChatClient } from '../index.ts';
import type { ConnectionState } from '../index.ts';

const EVENTS = { 'content-type': 'text/event-stream' };

const REPLY: ChatEvent[] = [
  meta,
  delta('Hel'),
  delta('lo 🎨'),
  delta('\r\nthere'),
  done('Hello 🎨\r\nthere'),
];

async function collect(events: AsyncIterable<NumberedEvent>): Promise<NumberedEvent[]> {
  return Array.fromAsync(events);
}

function numbered(events: readonly ChatEvent[], from = 1): NumberedEvent[] {
  return events.map((event, index) => ({ ...event, generationId: GENERATION_ID, sequence: from + index }));
}

/** Sends the reply in pieces of `size` bytes, with a comment and an unknown event in between. */
function inPieces(size: number): Answer {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const frames = REPLY.map(frameFrom(1));
    frames.splice(2, 0, ': heartbeat\n\n', `id: ${GENERATION_ID}:2\nevent: future\ndata: {}\n\n`);
    const bytes = Buffer.from(frames.join(''));
    for (let start = 0; start < bytes.length; start += size) {
      await new Promise((resolve) => response.write(bytes.subarray(start, start + size), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
}

/** Serves the rest of the reply after `Last-Event-ID`, and cuts each connection after that many events. */
function cutAfter(count: number): Answer {
  return (request, response) => {
    const after = parseEventId(String(request.headers['last-event-id'] ?? ''))?.sequence ?? 0;
    const rest = REPLY.slice(after, after + count);
    const finished = after + count >= REPLY.length;
    return stream(rest, { from: after + 1, ending: finished ? 'end' : 'destroy' })(request, response);
  };
}

afterEach(() => vi.restoreAllMocks());

describe('reading a stream', () => {
  test.each([1, 2, 3, 7, 61, 100_000])(
    'events are the same when the network splits every %i bytes',
    async (size) => {
      await using server = await scriptedServer(inPieces(size));
      const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' });
      expect(await collect(reply)).toEqual(numbered(REPLY));
      expect(reply.generationId).toBe(GENERATION_ID);
      expect(reply.lastSequence).toBe(REPLY.length);
    },
  );

  test('the request follows the protocol', async () => {
    await using server = await scriptedServer(stream(REPLY));
    const client = createChatClient({ ...server, token: async () => 'secret', headers: { 'x-app': 'a' } });
    await collect(client.sendMessage('chat-1', { content: 'Hi', parentId: null }));
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/api/chats/chat-1/messages',
        headers: { authorization: 'Bearer secret', 'x-app': 'a', 'content-type': 'application/json' },
        body: { content: 'Hi', parentId: null },
      },
    ]);
  });

  test('an ended reply without further events is an empty stream', async () => {
    await using server = await scriptedServer(noContent);
    const reply = createChatClient(server).followGeneration(GENERATION_ID, { after: 5 });
    expect(await collect(reply)).toEqual([]);
    expect(server.requests[0]?.headers['last-event-id']).toBe(`${GENERATION_ID}:5`);
  });

  test('an invalid id is an error', async () => {
    await using server = await scriptedServer((_request, response) => {
      response.writeHead(200, EVENTS).end('event: delta\ndata: {"text":"a"}\n\n');
    });
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' });
    await expect(collect(reply)).rejects.toMatchObject({ name: 'ProtocolError' });
  });
});

describe('a broken connection', () => {
  test.each([1, 2, 3])(
    'cut after every %i events, it delivers each event once and in order',
    async (count) => {
      await using server = await scriptedServer(cutAfter(count));
      const events = await collect(createChatClient(server).sendMessage('chat-1', { content: 'Hi' }));
      expect(events).toEqual(numbered(REPLY));
      expect(server.requests.filter((request) => request.method === 'POST')).toHaveLength(1);
      expect(server.requests[1]).toMatchObject({
        method: 'GET',
        path: `/api/generations/${GENERATION_ID}/events`,
        headers: { 'last-event-id': `${GENERATION_ID}:${count}` },
      });
    },
  );

  test('a response that ends early is resumed too', async () => {
    await using server = await scriptedServer(stream(REPLY.slice(0, 2)), stream(REPLY.slice(2), { from: 3 }));
    expect(await collect(createChatClient(server).followGeneration(GENERATION_ID))).toEqual(numbered(REPLY));
  });

  test('repeated events are delivered once', async () => {
    await using server = await scriptedServer(
      stream(REPLY.slice(0, 3), { ending: 'destroy' }),
      stream(REPLY),
    );
    expect(await collect(createChatClient(server).followGeneration(GENERATION_ID))).toEqual(numbered(REPLY));
  });

  test('a temporary server error is retried', async () => {
    const down = json({ code: 'shutting_down', detail: 'Soon.', status: 503 }, 503, { 'retry-after': '0' });
    await using server = await scriptedServer(
      stream(REPLY.slice(0, 2), { ending: 'destroy' }),
      down,
      (_request, response) => void response.destroy(),
      stream(REPLY.slice(2), { from: 3 }),
    );
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' });
    expect(await collect(reply)).toEqual(numbered(REPLY));
    expect(server.requests).toHaveLength(4);
  });

  test('a final error is thrown', async () => {
    await using server = await scriptedServer(
      stream(REPLY.slice(0, 2), { ending: 'destroy' }),
      json({ code: 'not_found', detail: 'There is no such reply.', status: 404 }, 404),
    );
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' });
    await expect(collect(reply)).rejects.toMatchObject({ name: 'ApiError', code: 'not_found' });
    expect(reply.lastSequence).toBe(2);
  });

  test('without reconnecting, the error has the last sequence, and another iteration resumes', async () => {
    await using server = await scriptedServer(
      stream(REPLY.slice(0, 2), { ending: 'destroy' }),
      stream(REPLY.slice(2), { from: 3 }),
    );
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' }, { reconnect: false });
    await expect(collect(reply)).rejects.toMatchObject({
      name: 'StreamBrokenError',
      logId: GENERATION_ID,
      lastSequence: 2,
      cause: expect.any(TypeError),
    });
    expect(await collect(reply)).toEqual(numbered(REPLY.slice(2), 3));
  });
});

describe('before the first event', () => {
  const unavailable = json({ code: 'storage_failed', status: 503 }, 503, { 'retry-after': '0' });

  test('the request is repeated with its key until the reply begins', async () => {
    // No wait between attempts.
    vi.spyOn(Math, 'random').mockReturnValue(0);
    await using server = await scriptedServer(
      (_request, response) => void response.destroy(),
      unavailable,
      json({}, 502),
      json({}, 429, { 'retry-after': '0' }),
      stream([], { ending: 'end' }),
      stream(REPLY),
    );
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' });
    expect(await collect(reply)).toEqual(numbered(REPLY));
    expect(server.requests).toHaveLength(6);
    const [first] = server.requests;
    expect(first?.headers['idempotency-key']).toMatch(/^[\x21-\x7e]{1,200}$/);
    for (const { method, headers, body } of server.requests) {
      expect({ method, body }).toEqual({ method: 'POST', body: { content: 'Hi' } });
      expect(headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    }
  });

  test.each([
    [422, 'idempotency_mismatch'],
    [429, 'rate_limited'],
    [500, 'internal'],
    [503, 'model_not_configured'],
  ])('a %i %s is an answer, and not asked for again', async (status, code) => {
    await using server = await scriptedServer(json({ code }, status), stream(REPLY));
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' });
    await expect(collect(reply)).rejects.toMatchObject({ status, code });
    expect(server.requests).toHaveLength(1);
  });

  test('a limit on new replies is thrown with its delay', async () => {
    const limited = json({ code: 'rate_limited' }, 429, { 'retry-after': '7' });
    await using server = await scriptedServer(limited, stream(REPLY));
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' });
    await expect(collect(reply)).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 7 });
    expect(server.requests).toHaveLength(1);
  });

  test('a server that comes back later is reached', async () => {
    const seen: ConnectionState[] = [];
    const before = await scriptedServer();
    const { port } = new URL(before.baseUrl);
    await before[Symbol.asyncDispose]();
    const lost = Promise.withResolvers<void>();
    const onConnectionChange = (state: ConnectionState) => {
      seen.push(state);
      lost.resolve();
    };
    const events = collect(
      createChatClient(before).sendMessage('chat-1', { content: 'Hi' }, { onConnectionChange }),
    );
    await lost.promise;
    await using _server = await scriptedServerAt(Number(port), stream(REPLY));
    expect(await events).toEqual(numbered(REPLY));
    expect(seen).toEqual(['reconnecting', 'open']);
  });

  test('every call that starts a reply sends a new key, or the given one', async () => {
    await using server = await scriptedServer(stream(REPLY));
    const client = createChatClient(server);
    await collect(client.sendMessage('chat-1', { content: 'Hi' }));
    await collect(client.regenerate('message-1'));
    await collect(client.continueReply('message-1', { model: 'other' }));
    await collect(client.continueReply('message-1', {}, { idempotencyKey: 'mine' }));
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/api/chats/chat-1/messages',
      '/api/messages/message-1/regenerate',
      '/api/messages/message-1/continue',
      '/api/messages/message-1/continue',
    ]);
    expect(server.requests[2]?.body).toEqual({ model: 'other' });
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(4);
    expect(keys[3]).toBe('mine');
  });
});

describe('aborting', () => {
  test('an abort throws its reason and closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await scriptedServer((request, response) => {
      response.on('close', closed.resolve);
      return stream(REPLY.slice(0, 2), { ending: 'hang' })(request, response);
    });
    const leave = new AbortController();
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' }, { signal: leave.signal });
    const read = async () => {
      for await (const event of reply) if (event.event === 'delta') leave.abort(new Error('Gone'));
    };
    await expect(read()).rejects.toThrow('Gone');
    await closed.promise;
    expect(server.requests).toHaveLength(1);
  });

  test('an abort ends the wait before a reconnect', async () => {
    const leave = new AbortController();
    await using server = await scriptedServer(
      stream(REPLY.slice(0, 2), { ending: 'destroy' }),
      (request, response) => {
        setImmediate(() => leave.abort(new Error('Gone')));
        return json({ code: 'shutting_down', status: 503 }, 503, { 'retry-after': '3600' })(
          request,
          response,
        );
      },
    );
    const reply = createChatClient(server).sendMessage('chat-1', { content: 'Hi' }, { signal: leave.signal });
    await expect(collect(reply)).rejects.toThrow('Gone');
  });

  test('breaking out of the loop closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await scriptedServer((request, response) => {
      response.on('close', closed.resolve);
      return stream(REPLY.slice(0, 2), { ending: 'hang' })(request, response);
    });
    for await (const event of createChatClient(server).followGeneration(GENERATION_ID)) {
      if (event.event === 'delta') break;
    }
    await expect(closed.promise).resolves.toBeUndefined();
  });
});
