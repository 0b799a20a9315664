import { createChatClient } from '@millrace/client';
import { chatStore } from '@millrace/client/state';
import type { Chat, Page } from '@millrace/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());

test('a deleted chat can be restored with its messages', async () => {
  const ada = await server.guest();
  const { meta } = await ada.ask('Hello');
  const before = await ada.messages(meta.chatId);
  await ada.send('DELETE', `/api/chats/${meta.chatId}`);
  const restored = await ada.json<Chat>('POST', `/api/chats/${meta.chatId}/restore`);
  expect(restored).toMatchObject({ id: meta.chatId, title: 'Hello' });
  expect(await ada.messages(meta.chatId)).toEqual(before);
  const { items } = await ada.json<Page<Chat>>('GET', '/api/chats');
  expect(items).toEqual([restored]);
});

test('another user’s deleted chat is not found', async () => {
  const [ada, eve] = [await server.guest(), await server.guest()];
  const { id } = await ada.createChat();
  await ada.send('DELETE', `/api/chats/${id}`);
  expect((await eve.send('POST', `/api/chats/${id}/restore`)).status).toBe(404);
});

test('a client that followed the chat before its deletion can continue after the restoration', async () => {
  const ada = await server.guest();
  const { id } = await ada.createChat();
  const client = createChatClient({ baseUrl: server.url, token: ada.token });
  await client.updateChat(id, { title: 'one' });
  await client.deleteChat(id);
  await client.restoreChat(id);
  await client.updateChat(id, { title: 'two' });
  const titles: (string | null)[] = [];
  for await (const news of client.followChat(id, { after: 0 })) {
    if (news.event === 'chat') titles.push(news.data.title);
    if (titles.at(-1) === 'two') break;
  }
  expect(titles).toEqual(['one', 'one', 'one', 'two']);
});

test('a client store follows its chat again after the restoration', async () => {
  const ada = await server.guest();
  const { meta } = await ada.ask('Hello');
  const client = createChatClient({ baseUrl: server.url, token: ada.token });
  const store = chatStore(client, meta.chatId);
  const leave = store.subscribe(() => undefined);
  const status = (wanted: string) =>
    until(`the chat is ${wanted}`, () => store.getSnapshot().status === wanted);
  await status('idle');
  await client.deleteChat(meta.chatId);
  await status('deleted');
  leave();
  await client.restoreChat(meta.chatId);
  const leaveAgain = store.subscribe(() => undefined);
  await status('idle');
  await client.updateChat(meta.chatId, { title: 'again' });
  await until('the title is published', () => store.getSnapshot().chat?.title === 'again');
  expect(store.getSnapshot().messages).toHaveLength(2);
  leaveAgain();
});
