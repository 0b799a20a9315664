import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewShare, Share, SharedChat } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askWith, attach } from '../support/attached.ts';
import type { Caller, ReadReply } from '../support/caller.ts';
import { geminiStream, pngOf } from '../support/images.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const PNG = pngOf(40, 30, [15, 107, 100]);
const OTHER_PNG = pngOf(8, 8, [200, 0, 0]);
const YEAR_2100 = '2100-01-01T00:00:00.000Z';

let dataDir: string;
let server: TestServer;
let ada: Caller;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-shares-'));
  server = await startTestServer({ DATA_DIR: dataDir });
  ada = await server.guest();
});
afterEach(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A chat whose newest branch has only text, and an older one has an image. */
async function branchedChat(): Promise<{ chatId: string; painted: string; media: string }> {
  server.simulator.script([
    { kind: 'replay', bytes: geminiStream(['Look: ', PNG]) },
    { text: 'In words.', thoughts: ['I was told a secret.'] },
  ]);
  const reply = await ada.ask('Paint a mill');
  const { meta } = reply;
  await (await ada.send('POST', `/api/messages/${meta.assistantMessage.id}/regenerate`, {})).text();
  return { chatId: meta.chatId, painted: meta.assistantMessage.id, media: imageOf(reply) };
}

/** The path of a reply's image for its owner. */
function imageOf({ events }: ReadReply): string {
  for (const event of events) if (event.event === 'media') return event.data.url;
  throw new Error('The reply has no image');
}

function share(chatId: string, wish: object = {}): Promise<NewShare> {
  return ada.json('POST', `/api/chats/${chatId}/shares`, wish);
}

function apiOf({ url }: NewShare): string {
  return `/api/shares/${url.split('/').at(-1)}`;
}

/** A request with the link and no other credentials. */
function asStranger(path: string, init?: RequestInit): Promise<Response> {
  return fetch(server.url + path, init);
}

async function expectGone(path: string): Promise<void> {
  const response = await asStranger(path);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 'not_found' });
}

describe('a link', () => {
  test('shows the messages without a session, and neither cost nor owner', async () => {
    const { chatId } = await branchedChat();
    const made = await share(chatId, { expiresAt: YEAR_2100 });
    expect(made).toEqual({
      id: expect.any(String),
      chatId,
      title: 'Paint a mill',
      messageCount: 2,
      createdAt: expect.any(String),
      expiresAt: YEAR_2100,
      url: expect.stringMatching(/^\/share\/[0-9a-f]{32}$/),
    });
    const response = await asStranger(apiOf(made));
    expect(response.status).toBe(200);
    const createdAt = expect.any(String);
    expect(await response.json()).toEqual({
      title: 'Paint a mill',
      createdAt,
      expiresAt: YEAR_2100,
      messages: [
        {
          role: 'user',
          status: 'completed',
          model: null,
          parts: [{ type: 'text', text: 'Paint a mill' }],
          createdAt,
        },
        {
          role: 'assistant',
          status: 'completed',
          model: expect.any(String),
          parts: [{ type: 'text', text: 'In words.' }],
          createdAt,
        },
      ],
    });
  });

  test('is hidden from search engines, shared caches, and the sites that its page links to', async () => {
    const { chatId, painted, media } = await branchedChat();
    const made = await share(chatId, { messageId: painted });
    const image = `${apiOf(made)}/media/${media.split('/').at(-1)}`;
    for (const path of [apiOf(made), image, `${apiOf(made)}0`]) {
      const { headers } = await asStranger(path);
      expect(headers.get('x-robots-tag')).toContain('noindex');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
    for (const path of [apiOf(made), image]) {
      expect((await asStranger(path)).headers.get('cache-control')).toBe('private, no-cache');
    }
  });

  test('gives access to its branch’s images only through the link, and they run no code', async () => {
    const { chatId, painted, media } = await branchedChat();
    const made = await share(chatId, { messageId: painted });
    const { messages } = (await (await asStranger(apiOf(made))).json()) as SharedChat;
    const part = messages[1]?.parts.find(({ type }) => type === 'media');
    const url = part && 'url' in part ? part.url : '';
    expect(url).toBe(`${apiOf(made)}/media/${media.split('/').at(-1)}`);
    const response = await asStranger(url);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(PNG)).toBe(true);
    const etag = response.headers.get('etag') ?? '';
    expect((await asStranger(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await asStranger(media)).status).toBe(401);
  });

  test('gives access to its branch’s attachments only through the link, and text is plain text', async () => {
    const { id: chatId } = await ada.createChat();
    const [image, page] = [
      await attach(ada, PNG, 'mill.png', chatId),
      await attach(ada, '<script>alert(1)</script>', 'page.html', chatId),
    ];
    await askWith(ada, chatId, 'What are these?', [image, page]);
    const made = await share(chatId);
    const { messages } = (await (await asStranger(apiOf(made))).json()) as SharedChat;
    expect(messages[0]?.parts).toMatchObject([
      { type: 'media', name: 'mill.png', url: `${apiOf(made)}/media/${image.id}` },
      { type: 'file', name: 'page.html', url: `${apiOf(made)}/media/${page.id}` },
      { type: 'text', text: 'What are these?' },
    ]);
    const shown = await asStranger(`${apiOf(made)}/media/${image.id}`);
    expect(Buffer.from(await shown.arrayBuffer()).equals(PNG)).toBe(true);
    const response = await asStranger(`${apiOf(made)}/media/${page.id}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    });
    expect(await response.text()).toBe('<script>alert(1)</script>');
    const later = await attach(ada, 'Later.', 'later.txt', chatId);
    await askWith(ada, chatId, 'And this?', [later]);
    await expectGone(`${apiOf(made)}/media/${later.id}`);
    expect((await asStranger(image.url)).status).toBe(401);
  });

  test('gives no access to images of other branches or chats, or to other parts of the API', async () => {
    const { chatId, media } = await branchedChat();
    const words = await share(chatId);
    await expectGone(`${apiOf(words)}/media/${media.split('/').at(-1)}`);
    server.simulator.script([{ kind: 'replay', bytes: geminiStream([OTHER_PNG]) }]);
    const other = await ada.ask(`Paint "url":"${media}"`);
    await expectGone(`${apiOf(words)}/media/${imageOf(other).split('/').at(-1)}`);
    const mentioned = await share(other.meta.chatId);
    await expectGone(`${apiOf(mentioned)}/media/${media.split('/').at(-1)}`);
    const token = words.url.split('/').at(-1) ?? '';
    for (const path of ['/api/me', `/api/chats/${chatId}`, `/api/chats/${chatId}/messages`, '/api/shares']) {
      const response = await asStranger(path, { headers: { authorization: `Bearer ${token}` } });
      expect(response.status).toBe(401);
    }
  });

  test('is invalid once it is revoked, and the others stay valid', async () => {
    const { chatId, painted, media } = await branchedChat();
    const [one, two] = [await share(chatId, { messageId: painted }), await share(chatId)];
    const listed = await ada.json<{ items: Share[] }>('GET', '/api/shares');
    expect(listed.items.map(({ id }) => id)).toEqual([two.id, one.id]);
    expect(JSON.stringify(listed)).not.toContain(one.url);
    const image = `${apiOf(one)}/media/${media.split('/').at(-1)}`;
    expect((await asStranger(image)).status).toBe(200);
    expect((await ada.send('DELETE', `/api/chats/${chatId}/shares/${one.id}`)).status).toBe(204);
    await expectGone(apiOf(one));
    await expectGone(image);
    expect((await asStranger(apiOf(two))).status).toBe(200);
    expect((await ada.send('DELETE', `/api/chats/${chatId}/shares/${one.id}`)).status).toBe(404);
  });

  test('is invalid after its chat or its user is deleted', async () => {
    const administrator = await server.user();
    const [one, two] = [await branchedChat(), await branchedChat()];
    const [first, second] = [await share(one.chatId), await share(two.chatId)];
    await ada.send('DELETE', `/api/chats/${one.chatId}`);
    await expectGone(apiOf(first));
    expect((await asStranger(apiOf(second))).status).toBe(200);
    await administrator.send('DELETE', `/api/admin/users/${(await ada.me()).user.id}`);
    await expectGone(apiOf(second));
  });

  test('is created and revoked only by the owner of the chat', async () => {
    const { chatId } = await branchedChat();
    const { id } = await share(chatId);
    for (const stranger of [await server.user(), await server.guest()]) {
      expect((await stranger.send('POST', `/api/chats/${chatId}/shares`, {})).status).toBe(404);
      expect((await stranger.send('GET', `/api/chats/${chatId}/shares`)).status).toBe(404);
      expect((await stranger.send('DELETE', `/api/chats/${chatId}/shares/${id}`)).status).toBe(404);
      expect(await stranger.json('GET', '/api/shares')).toEqual({ items: [] });
    }
  });

  test.each([
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    [{ expiresAt: 'soon' }, 'expiresAt'],
    [{ messageId: 'x' }, 'messageId'],
    [{ days: 7 }, ''],
  ])('that %j asks for is refused', async (wish, path) => {
    const { chatId } = await branchedChat();
    const response = await ada.send('POST', `/api/chats/${chatId}/shares`, wish);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_request', errors: [{ path }] });
  });

  test('of an empty chat is refused, and so is a link to another chat’s message', async () => {
    const { id } = await ada.createChat();
    expect((await ada.send('POST', `/api/chats/${id}/shares`, {})).status).toBe(400);
    const { painted } = await branchedChat();
    const other = (await branchedChat()).chatId;
    const response = await ada.send('POST', `/api/chats/${other}/shares`, { messageId: painted });
    expect(response.status).toBe(404);
  });

  test.each(['x', '%00', "'%20or%201=1", 'f'.repeat(32), 'x'.repeat(5000)])(
    'with the invented token %j is invalid',
    async (token) => expectGone(`/api/shares/${token}`),
  );

  test('is stored neither in the database nor in the log', async () => {
    const { chatId } = await branchedChat();
    const made = await share(chatId);
    const token = made.url.split('/').at(-1) ?? '';
    await asStranger(apiOf(made));
    await asStranger(`${apiOf(made)}/media/x`);
    await asStranger(made.url, { headers: { accept: 'text/html' } });
    expect(server.logged.length).toBeGreaterThan(0);
    expect(JSON.stringify(server.logged)).not.toContain(token);
    const files = (await readdir(dataDir)).filter((name) => name.startsWith('millrace.db'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect((await readFile(join(dataDir, file))).includes(token)).toBe(false);
  });
});
