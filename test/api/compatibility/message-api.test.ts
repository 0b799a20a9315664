import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Caller } from '../../support/caller.ts';
import { startTestServer } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';

interface Answer<Data> {
  status: 'success' | 'error';
  message: string;
  data: Data;
  code?: string;
}

interface ChatData {
  chat_id: string;
  title: string | null;
}

const SOMEWHERE = '0190a7d4-0000-7000-8000-000000000000';

let server: TestServer;
let caller: Caller;
beforeEach(() => start({}));
afterEach(() => server.close());

async function start(environment: Record<string, string>): Promise<void> {
  server = await startTestServer(environment);
  caller = await server.guest();
}

async function restart(environment: Record<string, string>): Promise<void> {
  await server.close();
  await start(environment);
}

async function succeed<Data>(method: string, path: string, body?: unknown): Promise<Data> {
  const answer = await caller.json<Answer<Data>>(method, path, body);
  expect(answer).toMatchObject({ status: 'success', message: expect.any(String) });
  return answer.data;
}

async function refused(response: Response): Promise<{ status: number; code: string | undefined }> {
  expect(response.headers.get('content-type')).toBe('application/json');
  const { status, message, code } = (await response.json()) as Answer<never>;
  expect({ status, message }).toEqual({ status: 'error', message: expect.stringMatching(/\w/) });
  return { status: response.status, code };
}

const create = (title?: string) => succeed<ChatData>('POST', '/api/chat', { title });
const say = (chatId: string, message: string, by = caller) =>
  by.send('POST', `/api/chat/${chatId}/message`, { message });

/** The last event of a stream. */
async function endOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  return JSON.parse(lines.at(-1)?.slice(6) ?? '');
}

describe('chats', () => {
  test('are created, listed, returned with their messages, and deleted', async () => {
    const chat = await create('Mills');
    expect(chat).toEqual({
      chat_id: expect.any(String),
      title: 'Mills',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    await create();
    const done = await endOf(await say(chat.chat_id, ' What is a mill? 🎨 '));
    expect(done).toEqual({ done: true, tokens_used: expect.any(Number), message_id: expect.any(String) });

    const { chats, total } = await succeed<{ chats: ChatData[]; total: number }>('GET', '/api/chat');
    expect(total).toBe(2);
    expect(chats[0]).toMatchObject({ chat_id: chat.chat_id, title: 'Mills' });
    const { messages } = await succeed<{ messages: object[] }>('GET', `/api/chat/${chat.chat_id}`);
    expect(messages).toMatchObject([
      { role: 'user', content: 'What is a mill? 🎨' },
      {
        role: 'assistant',
        content: 'What is a mill? 🎨',
        message_id: done['message_id'],
        tokens_used: done['tokens_used'],
      },
    ]);

    const before = Date.now();
    const deleted = await succeed<{ chat_id: string; deleted_at: string }>(
      'DELETE',
      `/api/chat/${chat.chat_id}`,
    );
    expect(deleted).toEqual({ chat_id: chat.chat_id, deleted_at: expect.any(String) });
    expect(Date.parse(deleted.deleted_at)).toBeGreaterThanOrEqual(before);
    expect((await succeed<{ total: number }>('GET', '/api/chat')).total).toBe(1);
  });

  test('are all listed, without pages', async () => {
    for (let count = 0; count < 210; count += 1) await create();
    const { chats } = await succeed<{ chats: ChatData[] }>('GET', '/api/chat');
    expect(new Set(chats.map(({ chat_id }) => chat_id)).size).toBe(210);
  });

  test('have a limit, which doesn’t count archived chats', async () => {
    await restart({ MAX_CHATS_PER_USER: '5' });
    for (let count = 0; count < 5; count += 1) await create();
    expect(await refused(await caller.send('POST', '/api/chat', {}))).toEqual({
      status: 403,
      code: 'chat_limit',
    });
    const { chats } = await succeed<{ chats: ChatData[] }>('GET', '/api/chat');
    await caller.json('PATCH', `/api/chats/${chats[0]?.chat_id}`, { archived: true });
    expect((await succeed<{ total: number }>('GET', '/api/chat')).total).toBe(4);
    await create();
  });
});

describe('a refusal is JSON', () => {
  const both = (path: string): [string, string, object?][] => [
    ['GET', path],
    ['DELETE', path],
    ['POST', `${path}/message`, { message: 'Hello' }],
  ];

  test('with a 400 for an invalid id', async () => {
    for (const call of both('/api/chat/nonsense')) {
      expect(await refused(await caller.send(...call))).toEqual({ status: 400, code: 'invalid_request' });
    }
  });

  test.each([
    ['missing', {}],
    ['empty', { message: '' }],
    ['only white space', { message: ' \n\t ' }],
    ['not a text', { message: 5 }],
    ['5001 characters long', { message: 'x'.repeat(5001) }],
    ['5001 emoji long', { message: '🎨'.repeat(5001) }],
  ])('with a 400 for a message that is %s', async (_what, body) => {
    const { chat_id } = await create();
    expect(await refused(await caller.send('POST', `/api/chat/${chat_id}/message`, body))).toEqual({
      status: 400,
      code: 'invalid_request',
    });
  });

  test('but not for 5000 characters among white space, whatever others may be', async () => {
    await restart({ MAX_MESSAGE_CHARS: '100' });
    const { chat_id } = await create();
    for (const character of ['x', '🎨']) {
      expect(await endOf(await say(chat_id, `  ${character.repeat(5000)}\n`))).toMatchObject({ done: true });
    }
  });

  test('with a 401 without a token', async () => {
    for (const [method, path] of [...both(`/api/chat/${SOMEWHERE}`), ['GET', '/api/user/token-usage']]) {
      const response = await fetch(server.url + path, { method: method ?? '' });
      expect(await refused(response)).toEqual({ status: 401, code: 'unauthenticated' });
    }
  });

  test('with a 403 for another user’s chat, and a 404 for an unknown or deleted chat', async () => {
    const { chat_id } = await create();
    const other = await server.guest();
    for (const call of both(`/api/chat/${chat_id}`)) {
      expect(await refused(await other.send(...call))).toEqual({ status: 403, code: 'forbidden' });
    }
    await succeed('DELETE', `/api/chat/${chat_id}`);
    for (const by of [caller, other]) {
      for (const call of [...both(`/api/chat/${chat_id}`), ...both(`/api/chat/${SOMEWHERE}`)]) {
        expect(await refused(await by.send(...call))).toEqual({ status: 404, code: 'not_found' });
      }
    }
    expect(server.simulator.log()).toEqual([]);
  });

  test('with a 403 when the budget is spent', async () => {
    await restart({ GUEST_TOKEN_LIMIT: '300' });
    const { chat_id } = await create();
    expect(await refused(await say(chat_id, '水'.repeat(2000)))).toEqual({
      status: 403,
      code: 'budget_exceeded',
    });
    expect(server.simulator.log()).toEqual([]);
  });

  test('with a 429 and a Retry-After over the rate limit', async () => {
    await restart({ MESSAGE_RATE_LIMIT_MS: '3600000' });
    const { chat_id } = await create();
    await endOf(await say(chat_id, 'one'));
    const response = await say(chat_id, 'two');
    const retryAfter = Number(response.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(3000);
    expect(retryAfter).toBeLessThanOrEqual(3600);
    expect(await refused(response)).toEqual({ status: 429, code: 'rate_limited' });
  });

  test('with a 502 when the model fails before its first token, although the question is saved', async () => {
    const { chat_id } = await create();
    server.simulator.script(['503']);
    expect(await refused(await say(chat_id, 'Hello'))).toEqual({ status: 502, code: 'model_failed' });
    const { messages } = await succeed<{ messages: object[] }>('GET', `/api/chat/${chat_id}`);
    expect(messages).toMatchObject([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', status: 'failed', content: '' },
    ]);
  });

  test('with a 503 without a model', async () => {
    await restart({ AI_PROVIDER: 'none' });
    const { chat_id } = await create();
    const response = await say(chat_id, 'Hello');
    expect(await response.clone().text()).toContain('Its administrator can choose one with AI_PROVIDER.');
    expect(await refused(response)).toEqual({ status: 503, code: 'model_not_configured' });
  });
});

describe('a stream', () => {
  test('has the headers of an event stream that no proxy buffers', async () => {
    const response = await say((await create()).chat_id, 'Hello');
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toMatch(/^no-cache\b/);
    expect(response.headers.get('connection')).toBe('keep-alive');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    await response.text();
  });

  test('that breaks off ends with an error, and its text is saved', async () => {
    const { chat_id } = await create();
    server.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'reset', afterChunks: 1 } }]);
    const end = await endOf(await say(chat_id, 'Count'));
    expect(end).toMatchObject({
      error: expect.stringMatching(/\w/),
      code: 'model_stream_broken',
      message_id: expect.any(String),
    });
    const { messages } = await succeed<{ messages: object[] }>('GET', `/api/chat/${chat_id}`);
    expect(messages.at(-1)).toMatchObject({
      content: 'One ',
      status: 'failed',
      message_id: end['message_id'],
    });
  });
});

describe('the used tokens', () => {
  test('are listed by chat, and as a share of the month’s budget', async () => {
    await restart({ GUEST_TOKEN_LIMIT: '10000' });
    const [one, two] = [await create('One'), await create('Two')];
    const used: number[] = [];
    for (const { chat_id } of [one, one, two])
      used.push(Number((await endOf(await say(chat_id, 'Hello there')))['tokens_used']));
    const [first = 0, second = 0, third = 0] = used;
    const total = first + second + third;
    const percent = (part: number, whole: number) => Math.round((part / whole) * 1000) / 10;

    expect(await succeed('GET', '/api/chat/token-stats')).toMatchObject({
      tokens_used: total,
      chats: [
        {
          chat_id: one.chat_id,
          title: 'One',
          replies: 2,
          tokens_used: first + second,
          percentage: percent(first + second, total),
        },
        {
          chat_id: two.chat_id,
          title: 'Two',
          replies: 1,
          tokens_used: third,
          percentage: percent(third, total),
        },
      ],
    });
    expect(await succeed('GET', '/api/user/token-usage')).toMatchObject({
      token_limit: 10_000,
      tokens_used: total,
      tokens_remaining: 10_000 - total,
      percentage_used: percent(total, 10_000),
      tokens_by_source: { provider: total, tokenizer: 0, estimate: 0 },
      models: [{ replies: 3, tokens_used: total, percentage: 100 }],
      cache: { lookups: 0, hits: 0, hit_rate: 0 },
    });
  });

  test('are counted if the model doesn’t report them, with a cache whose hit rate is reported', async () => {
    const { chat_id } = await create();
    for (const text of ['same', 'same']) {
      server.simulator.script([{ chunks: ['same'], usage: 'missing' }]);
      await endOf(await say(chat_id, text));
    }
    const { cache, tokens_by_source } = await succeed<{
      cache: { lookups: number; hits: number; hit_rate: number };
      tokens_by_source: Record<string, number>;
    }>('GET', '/api/user/token-usage');
    expect(tokens_by_source['tokenizer']).toBeGreaterThan(0);
    expect(cache.hits).toBeGreaterThan(0);
    expect(cache.hit_rate).toBe(Math.round((cache.hits / cache.lookups) * 1000) / 10);
  });
});
