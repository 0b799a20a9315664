import { createAccounts } from './accounts.ts';
import { describe, expect, test } from 'vitest';
import { json, message, scriptedServer } from '../test-support/scripted-server.ts';
import { ApiError, createChatClient, NetworkError } from './index.ts';

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe('errors', () => {
  test('a problem document becomes an ApiError with all its fields', async () => {
    const errors = [{ path: 'content', message: 'must not be blank' }];
    const problem = {
      code: 'invalid_request',
      detail: 'Nothing to send.',
      status: 400,
      requestId: 'r1',
      errors,
    };
    await using server = await scriptedServer(json(problem, 400));
    const error = await failure(createChatClient(server).createChat());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400, code: 'invalid_request', detail: 'Nothing to send.' });
    expect(error).toMatchObject({ requestId: 'r1', errors, retryAfter: null });
  });

  test('a rate limit has a delay', async () => {
    await using server = await scriptedServer(json({ code: 'rate_limited' }, 429, { 'retry-after': '7' }));
    expect(await failure(createChatClient(server).me())).toMatchObject({
      code: 'rate_limited',
      retryAfter: 7,
    });
  });

  test('an exceeded budget has the time of its reset', async () => {
    const resetsAt = '2026-12-01T00:00:00.000Z';
    await using server = await scriptedServer(json({ code: 'budget_exceeded', resetsAt }, 403));
    expect(await failure(createChatClient(server).me())).toMatchObject({ code: 'budget_exceeded', resetsAt });
  });

  test.each([502, 200])("a proxy's page with status %i is an unexpected response", async (status) => {
    await using server = await scriptedServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
    });
    const error = await failure(createChatClient(server).me());
    expect(error).toMatchObject({ name: 'ApiError', status, code: 'unexpected_response' });
    expect(error).toHaveProperty('cause', expect.any(SyntaxError));
  });

  test('an unreachable server is a NetworkError with its cause', async () => {
    const server = await scriptedServer();
    await server[Symbol.asyncDispose]();
    const error = await failure(createChatClient(server).me());
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toHaveProperty('cause', expect.any(TypeError));
  });

  test('an aborted call throws the reason of its signal', async () => {
    await using server = await scriptedServer(() => undefined);
    const signal = AbortSignal.abort(new Error('Gone'));
    expect(await failure(createChatClient(server).me({ signal }))).toMatchObject({ message: 'Gone' });
  });
});

describe('calls', () => {
  test('a list is requested with its query', async () => {
    await using server = await scriptedServer(json({ items: [], nextCursor: null }));
    const baseUrl = `${server.baseUrl}/`;
    await createChatClient({ baseUrl }).listChats({ archived: true, limit: 5, cursor: 'a&b' });
    expect(server.requests[0]?.path).toBe('/api/chats?archived=true&limit=5&cursor=a%26b');
  });

  test('allMessages reads all pages', async () => {
    const [first, second] = [message({ id: 'a' }), message({ id: 'b' })];
    await using server = await scriptedServer(
      json({ items: [first], nextCursor: 'next' }),
      json({ items: [second], nextCursor: null }),
    );
    expect(await createChatClient(server).allMessages('chat-1')).toEqual([first, second]);
    expect(server.requests[1]?.path).toBe('/api/chats/chat-1/messages?cursor=next');
  });

  test('signing up sends the setup token and returns the session token', async () => {
    await using server = await scriptedServer(json({}, 200, { 'set-auth-token': 'session' }));
    const account = { name: 'Ada', email: 'ada@example.org', password: 'correct horse' };
    const signedIn = await createAccounts(server).signUp(account, { setupToken: 'first' });
    expect(signedIn).toEqual({ token: 'session' });
    expect(server.requests).toMatchObject([
      { path: '/api/auth/sign-up/email', body: account, headers: { 'x-millrace-setup-token': 'first' } },
    ]);
  });

  test.each([
    [null, false],
    [{ session: {}, user: {} }, true],
  ])('a session is known by what the server says: %j', async (body, expected) => {
    await using server = await scriptedServer(json(body));
    expect(await createAccounts(server).hasSession()).toBe(expected);
    expect(server.requests[0]?.path).toBe('/api/auth/get-session');
  });

  test('creating a chat sends an idempotency key', async () => {
    await using server = await scriptedServer(json({ id: 'chat-1' }, 201));
    const client = createChatClient(server);
    await client.createChat({ title: 'Mills' });
    await client.createChat();
    await client.createChat({}, { idempotencyKey: 'mine' });
    const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe('mine');
    expect(server.requests[0]).toMatchObject({ path: '/api/chats', body: { title: 'Mills' } });
  });

  test('the cap is set and removed, and usage read', async () => {
    await using server = await scriptedServer(json({}));
    const client = createChatClient(server);
    await client.updateMe({ cap: 20_000 });
    await client.updateMe({ cap: null });
    await client.usage();
    expect(server.requests).toMatchObject([
      { method: 'PATCH', path: '/api/me', body: { cap: 20_000 } },
      { method: 'PATCH', path: '/api/me', body: { cap: null } },
      { method: 'GET', path: '/api/usage' },
    ]);
  });

  test('deleting a chat returns nothing', async () => {
    await using server = await scriptedServer((_request, response) => void response.writeHead(204).end());
    expect(await createChatClient(server).deleteChat('chat-1')).toBeUndefined();
    expect(server.requests).toMatchObject([{ method: 'DELETE', path: '/api/chats/chat-1' }]);
  });
});
