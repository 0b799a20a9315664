import type { ChatDocument } from '@millrace/protocol/chat-file';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { geminiStream, pngOf } from '../support/images.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const PNG = pngOf(4, 3, [200, 30, 30]);

let server: TestServer;
let ada: Caller;
beforeAll(async () => {
  server = await startTestServer();
  ada = await server.guest();
});
afterAll(() => server.close());

/** A chat with two branches, the first with an image. */
async function paintedChat(title: string): Promise<string> {
  server.simulator.script([
    { kind: 'replay', bytes: geminiStream(['Look: ', PNG]) },
    { text: 'In words, then.' },
  ]);
  const { meta } = await ada.ask('Paint a mill');
  await (await ada.send('POST', `/api/messages/${meta.assistantMessage.id}/regenerate`, {})).text();
  await ada.json('PATCH', `/api/chats/${meta.chatId}`, { title });
  return meta.chatId;
}

describe('a chat can be downloaded', () => {
  test('as JSON with all its content, including images', async () => {
    const chatId = await paintedChat('Mills');
    const response = await ada.fetch(`/api/chats/${chatId}/export`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="Mills.json"; filename*=UTF-8''Mills.json`,
      'cache-control': 'private, no-store',
    });
    const document = (await response.json()) as ChatDocument;
    expect(Object.keys(document).slice(0, 2)).toEqual(['format', 'version']);
    expect(document).toMatchObject({
      format: 'millrace-chat',
      version: 2,
      chat: await ada.json('GET', `/api/chats/${chatId}`),
      messages: await ada.messages(chatId),
    });
    const part = document.messages.flatMap(({ parts }) => parts).find(({ type }) => type === 'media');
    expect(document.media).toEqual([
      { url: part && 'url' in part && part.url, mimeType: 'image/png', data: PNG.toString('base64') },
    ]);
  });

  test('as readable Markdown', async () => {
    const chatId = await paintedChat('Mills');
    const response = await ada.fetch(`/api/chats/${chatId}/export?format=markdown`);
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(response.headers.get('content-disposition')).toContain('filename="Mills.md"');
    const text = await response.text();
    expect(text).toMatch(/^# Mills\n/);
    expect(text).toContain('\n\nPaint a mill\n');
    expect(text).toContain('In words, then.');
    expect(text).not.toContain('Look:');
  });

  test.each([
    ['Größe: "a/b" \\ 50%\r\nX-Evil: 1', 'Groe a b 50 X-Evil 1', 'Größe a b 50% X-Evil 1'],
    ['水車', 'chat', '水車'],
    ['../..', 'chat', null],
    ['half a \ud800 letter.', 'half a  letter', 'half a \ufffd letter'],
    ['🌾'.repeat(60), 'chat', '🌾'.repeat(60)],
  ])('under a name that any system takes, made of its title %j', async (title, plain, name) => {
    const { id } = await ada.json<{ id: string }>('POST', '/api/chats', { title });
    const response = await ada.fetch(`/api/chats/${id}/export`);
    const header = response.headers.get('content-disposition') ?? '';
    const [, inAscii, inUtf8 = ''] =
      /^attachment; filename="([^"\\]*)\.json"; filename\*=UTF-8''(\S+)\.json$/.exec(header) ?? [];
    expect(decodeURIComponent(inUtf8)).toBe(name ?? `chat-${id}`);
    expect(inAscii).toBe(name === null ? `chat-${id}` : plain);
  });

  test('only by its owner, in a known format', async () => {
    const chatId = await paintedChat('Mills');
    const bea = await server.guest();
    expect((await bea.fetch(`/api/chats/${chatId}/export`)).status).toBe(404);
    expect((await ada.fetch(`/api/chats/${chatId}/export?format=pdf`)).status).toBe(400);
    await ada.send('DELETE', `/api/chats/${chatId}`);
    expect((await ada.fetch(`/api/chats/${chatId}/export`)).status).toBe(404);
  });
});
