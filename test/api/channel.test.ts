import { afterAll, beforeAll, expect, test } from 'vitest';
import { follow } from '../support/followed-channel.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());

test('a second tab gets the message, the start of the reply and its end, in order', async () => {
  const caller = await server.guest();
  const chat = await caller.createChat();
  const tab = await follow(caller, chat.id);
  const { meta } = await caller.ask('Hello', chat.id);
  await until('the end was published', () => tab.received.length === 4);
  expect(tab.names()).toEqual(['chat', 'message', 'generation', 'generation']);
  expect(tab.received[0]?.data).toMatchObject({ id: chat.id, title: 'Hello' });
  expect(tab.received[1]?.data).toEqual(meta.userMessage);
  expect(tab.received[2]?.data).toMatchObject({ generation: { id: meta.generationId, status: 'running' } });
  expect(tab.received[3]?.data).toMatchObject({
    generation: { id: meta.generationId, status: 'completed' },
    message: { parts: [{ type: 'text', text: 'Hello' }] },
  });
  tab.leave();
});

test('a reader that reconnects with its last id gets each missed event once', async () => {
  const caller = await server.guest();
  const chat = await caller.createChat();
  const first = await follow(caller, chat.id);
  await caller.json('PATCH', `/api/chats/${chat.id}`, { title: 'one' });
  await until('the first event arrives', () => first.received.length === 1);
  first.leave();
  await caller.json('PATCH', `/api/chats/${chat.id}`, { title: 'two' });
  await caller.json('PATCH', `/api/chats/${chat.id}`, { title: 'three' });
  const again = await follow(caller, chat.id, { 'last-event-id': first.received[0]?.id ?? '' });
  await until('the missed events arrive', () => again.received.length === 2);
  expect(again.received.map(({ data }) => data.title)).toEqual(['two', 'three']);
  again.leave();
});

test('a reader that leaves before the first event reconnects with the id from the start of the stream', async () => {
  const caller = await server.guest();
  const chat = await caller.createChat();
  await caller.json('PATCH', `/api/chats/${chat.id}`, { title: 'one' });
  const first = await follow(caller, chat.id);
  await until('the channel is open', () => first.opened.length === 1);
  first.leave();
  await caller.json('PATCH', `/api/chats/${chat.id}`, { title: 'two' });
  const again = await follow(caller, chat.id, { 'last-event-id': first.opened[0] ?? '' });
  await until('the missed event was sent', () => again.received.length === 1);
  expect(again.received[0]?.data).toMatchObject({ title: 'two' });
  expect(again.opened).toEqual([]);
  again.leave();
});

test('the channel ends when the chat is deleted', async () => {
  const caller = await server.guest();
  const chat = await caller.createChat();
  const tab = await follow(caller, chat.id);
  await caller.send('DELETE', `/api/chats/${chat.id}`);
  await tab.ended;
  expect(tab.names()).toEqual(['chat_deleted']);
});

test.each([
  ['of another chat', '01a1fc0e-6edd-74f3-941c-b65066f8e05b:1', 'invalid_event_id'],
  ['that is nonsense', 'x', 'invalid_event_id'],
  ['beyond the end', null, 'cursor_ahead'],
])('an id %s is refused', async (_what, id, code) => {
  const caller = await server.guest();
  const chat = await caller.createChat();
  const tab = await caller.fetch(`/api/chats/${chat.id}/events`, {
    headers: { 'last-event-id': id ?? `${chat.id}:99` },
  });
  expect(await tab.json()).toMatchObject({ code });
});

test("another user's channel is not found", async () => {
  const [owner, stranger] = [await server.guest(), await server.guest()];
  const chat = await owner.createChat();
  expect((await stranger.send('GET', `/api/chats/${chat.id}/events`)).status).toBe(404);
});
