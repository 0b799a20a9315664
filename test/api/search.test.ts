import { createSearch } from '@millrace/client/search';
import type { Page, SearchHit } from '@millrace/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

let server: TestServer;
beforeAll(async () => (server = await startTestServer({}, { mode: 'echo' })));
afterAll(() => server.close());

test('a message is found as soon as it is sent, and its reply as soon as it has ended', async () => {
  const ada = await server.guest();
  const { meta } = await ada.ask('where the kingfisher lives');
  const { search } = createSearch({ baseUrl: server.url, token: ada.token });
  const { items, nextCursor } = await search('KINGFISH lives');
  expect(items.map(({ messageId, role }) => [messageId, role])).toEqual([
    [null, null],
    [meta.assistantMessage.id, 'assistant'],
    [meta.userMessage?.id, 'user'],
  ]);
  expect(nextCursor).toBeNull();
  const first = await search('KINGFISH lives', { limit: 1 });
  expect(first.nextCursor).not.toBeNull();
  expect((await search('KINGFISH lives', { limit: 2, cursor: first.nextCursor ?? '' })).items).toEqual(
    items.slice(1),
  );
});

test('another user’s chat or a deleted chat is never found', async () => {
  const [ada, eve] = [await server.guest(), await server.guest()];
  const { meta } = await ada.ask('a heron');
  const found = (caller: typeof ada) => caller.json<Page<SearchHit>>('GET', '/api/search?q=heron');
  expect((await found(ada)).items).toHaveLength(3);
  expect((await found(eve)).items).toEqual([]);
  await ada.send('DELETE', `/api/chats/${meta.chatId}`);
  expect((await found(ada)).items).toEqual([]);
});

test('every text is a valid search; only invalid parameters are refused', async () => {
  const ada = await server.guest();
  for (const typed of ['', '"', 'a OR', '(*', 'x'.repeat(500), '\0'])
    expect((await ada.send('GET', `/api/search?q=${encodeURIComponent(typed)}`)).status, typed).toBe(200);
  for (const query of ['', '?q=a&limit=0', '?q=a&cursor=x', `?q=${'x'.repeat(501)}`])
    expect((await ada.send('GET', `/api/search${query}`)).status, query).toBe(400);
});
