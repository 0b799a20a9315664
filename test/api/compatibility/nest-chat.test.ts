import type { Chat, Page } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../support/caller.ts';
import { RawConnection } from '../../support/raw-request.ts';
import { signUpInBrowser } from '../../support/sign-in.ts';
import { startTestServer } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';

const ALLOWED = 'https://app.example';

let server: TestServer;
let caller: Caller;
beforeEach(async () => {
  server = await startTestServer({
    CORS_ORIGINS: ALLOWED,
    MAX_CHATS_PER_USER: '3',
    RATE_LIMIT_PER_MINUTE: '10',
  });
  caller = await server.guest();
});
afterEach(() => server.close());

const ask = (body: object, headers: Record<string, string> = {}) =>
  caller.send('POST', '/chat/stream', body, headers);
const chats = async () => (await caller.json<Page<Chat>>('GET', '/api/chats')).items;

async function refused(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/json');
  const { error, code } = (await response.json()) as { error: string; code: string };
  expect(error).toMatch(/\w/);
  return { status: response.status, code };
}

describe('a conversation', () => {
  test('is created with a title, and stores its messages', async () => {
    const created = await caller.send('POST', '/chat/conversation', { title: 'Mills' });
    expect(created.status).toBe(201);
    const { id, title } = (await created.json()) as { id: string; title: string };
    expect(title).toBe('Mills');
    const response = await ask({ conversationId: id, message: 'Hello' });
    expect(response.headers.get('x-chat-id')).toBe(id);
    expect(await response.text()).toMatch(/data: \{"content": "Hello"\}\n\n.*data: \[DONE\]\n\n/s);
    expect(await caller.messages(id)).toMatchObject([
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'assistant', parts: [{ text: 'Hello' }] },
    ]);
  });

  test('is created by a message without a conversationId, and its id is in a header', async () => {
    const response = await ask({ message: 'Hello' });
    await response.text();
    const id = response.headers.get('x-chat-id') ?? '';
    expect(await chats()).toMatchObject([{ id, title: 'Hello' }]);
    await (await ask({ conversationId: id, message: 'And on' })).text();
    expect(await caller.messages(id)).toHaveLength(4);
    await (await ask({ message: 'Another' })).text();
    expect(await chats()).toHaveLength(2);
  });

  test('is created once by a message that is repeated with its key, or resumed', async () => {
    const key = { 'idempotency-key': 'one' };
    const responses = await Promise.all([ask({ message: 'Hello' }, key), ask({ message: 'Hello' }, key)]);
    const texts = await Promise.all(responses.map((response) => response.text()));
    expect(texts[0]).toBe(texts[1]);
    const lastEventId = `${responses[0]?.headers.get('x-generation-id')}:1`;
    const resumed = await ask({ message: 'Hello' }, { 'last-event-id': lastEventId });
    expect(await resumed.text()).toMatch(/^data: \{"content": "Hello"\}\n\nid: \w+:2\n\ndata: \[DONE\]\n\n/);
    expect(await chats()).toHaveLength(1);
    expect(server.simulator.log()).toHaveLength(1);
  });

  test('isn’t created by a refused message', async () => {
    expect(await refused(await ask({ message: '' }))).toEqual({ status: 400, code: 'invalid_request' });
    expect(await refused(await ask({ message: 'Hi', conversationId: 'nonsense' }))).toEqual({
      status: 400,
      code: 'invalid_request',
    });
    expect(await chats()).toEqual([]);
    for (let count = 0; count < 3; count += 1) await (await ask({ message: 'Hi' })).text();
    expect(await refused(await ask({ message: 'Hi' }))).toEqual({ status: 403, code: 'chat_limit' });
    expect(await refused(await caller.send('POST', '/chat/conversation', {}))).toEqual({
      status: 403,
      code: 'chat_limit',
    });
  });

  test('is not found by another user', async () => {
    const { id } = await (await server.guest()).createChat();
    expect(await refused(await ask({ conversationId: id, message: 'Hi' }))).toEqual({
      status: 404,
      code: 'not_found',
    });
  });
});

describe('an error', () => {
  test('of the model before its first token is a 502', async () => {
    server.simulator.script(['503']);
    expect(await refused(await ask({ message: 'Hi' }))).toEqual({ status: 502, code: 'model_failed' });
  });

  test('after the first token is the last event of the stream', async () => {
    server.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'reset', afterChunks: 1 } }]);
    const text = await (await ask({ message: 'Hi' })).text();
    const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''));
    expect(data).toEqual([
      { content: 'One ' },
      { error: expect.stringMatching(/\w/), code: 'model_stream_broken' },
    ]);
  });

  test('is a 401 without authentication, and a 429 over the rate limit', async () => {
    expect(await refused(await fetch(`${server.url}/chat/stream`, { method: 'POST' }))).toEqual({
      status: 401,
      code: 'unauthenticated',
    });
    const { id } = await caller.createChat();
    for (let count = 0; count < 10; count += 1)
      await (await ask({ message: 'Hi', conversationId: id })).text();
    const response = await ask({ message: 'Hi', conversationId: id });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused(response)).toEqual({ status: 429, code: 'rate_limited' });
  });
});

describe('pages of an allowed origin', () => {
  test.each(['/chat/stream', '/chat/conversation', '/api/chat/stream'])(
    'may call %s with credentials',
    async (path) => {
      const preflight = await fetch(server.url + path, {
        method: 'OPTIONS',
        headers: {
          origin: ALLOWED,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      expect(preflight.status).toBe(204);
      const headers = Object.fromEntries(preflight.headers);
      expect(headers).toMatchObject({
        'access-control-allow-origin': ALLOWED,
        'access-control-allow-credentials': 'true',
      });
      const response = await caller.send('POST', path, { message: 'Hi' }, { origin: ALLOWED });
      expect(response.headers.get('access-control-allow-origin')).toBe(ALLOWED);
      expect(response.headers.get('access-control-expose-headers')).toMatch(/X-Chat-Id/);
      await response.text();
    },
  );

  test('may, and pages of other origins may not', async () => {
    const response = await ask({ message: 'Hi' }, { origin: 'https://evil.example' });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    await response.text();
  });
});

test('a cookie is accepted only from the server’s own pages', async () => {
  const { cookie, connection } = await signUpInBrowser(server.url);
  const statusFrom = async (origin: string, site: string) => {
    const headers = { cookie, origin, 'sec-fetch-site': site, 'content-type': 'application/json' };
    const body = JSON.stringify({ message: 'Hi' });
    return (await connection.send('/chat/stream', { method: 'POST', headers, body })).status;
  };
  expect(await statusFrom(server.url, 'same-origin')).toBe(200);
  expect(await statusFrom('https://evil.example', 'cross-site')).toBe(403);
  connection.close();
  expect(server.simulator.log()).toHaveLength(1);
});

test('a foreign Host is refused on paths outside /api too', async () => {
  for (const path of ['/chat/stream?message=x', '/chat/conversation']) {
    const connection = new RawConnection(server.url);
    const answer = await connection.send(path, {
      headers: { host: 'evil.example', authorization: `Bearer ${caller.token}` },
    });
    connection.close();
    expect({ path, status: answer.status }).toEqual({ path, status: 403 });
  }
  expect(server.simulator.log()).toEqual([]);
});
