import type { Chat } from '@millrace/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readReply } from '../support/caller.ts';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

describe('an Idempotency-Key', () => {
  let server: TestServer;
  let caller: Caller;
  let chat: Chat;
  beforeAll(
    async () => void (server = await startTestServer({}, { pace: { chunkDelayMs: 3, chunkChars: 20 } })),
  );
  afterAll(() => server.close());
  beforeEach(async () => {
    server.simulator.reset();
    caller = await server.guest();
    chat = await caller.createChat();
  });

  const key = { 'idempotency-key': 'send-1' };
  const send = (body: object, headers: Record<string, string> = key) =>
    caller.send('POST', `/api/chats/${chat.id}/messages`, body, headers);

  test('makes two requests one: both get the whole reply', async () => {
    const body = { content: 'Hello, mill! '.repeat(30) };
    const replies = await Promise.all([readReply(await send(body)), readReply(await send(body))]);
    const late = await readReply(await send(body));
    for (const reply of [...replies, late]) {
      expect(reply.text).toBe(body.content);
      expect(reply.meta).toEqual(late.meta);
    }
    expect(server.simulator.log()).toHaveLength(1);
    expect(await caller.messages(chat.id)).toHaveLength(2);
  });

  test('used for another request is refused, and starts nothing', async () => {
    await readReply(await send({ content: 'one' }));
    const refused = await send({ content: 'two' });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ code: 'idempotency_mismatch' });
    expect(server.simulator.log()).toHaveLength(1);
  });

  test('of one user has no effect for another user', async () => {
    await readReply(await send({ content: 'one' }));
    const other = await server.guest();
    const theirs = await other.createChat();
    const response = await other.send('POST', `/api/chats/${theirs.id}/messages`, { content: 'two' }, key);
    expect((await readReply(response)).text).toBe('two');
  });

  test('creates a chat once, and a regenerated reply once', async () => {
    const chats = await Promise.all(
      [1, 2].map(async () => (await caller.send('POST', '/api/chats', { title: 'one' }, key)).json()),
    );
    expect(chats[0]).toEqual(chats[1]);
    const { meta } = await caller.ask('question', chat.id);
    const path = `/api/messages/${meta.assistantMessage.id}/regenerate`;
    const again = { 'idempotency-key': 'regenerate-1' };
    const ids = [];
    for (let round = 0; round < 2; round += 1) {
      ids.push((await readReply(await caller.send('POST', path, {}, again))).meta.generationId);
    }
    expect(ids[0]).toBe(ids[1]);
  });

  test.each(['', ' ', 'with space', 'ü', 'x'.repeat(201)])('%j is refused', async (bad) => {
    const headers = new Headers();
    try {
      headers.set('idempotency-key', bad);
    } catch (error) {
      // `fetch` itself rejects values that are invalid in a header.
      expect(error).toBeInstanceOf(TypeError);
      return;
    }
    const response = await send({ content: 'hi' }, { 'idempotency-key': bad });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  });
});
