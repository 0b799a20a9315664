import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSimulator } from 'millrace-gemini-simulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attach, askWith, noticesOf, sendWith, sentContents, upload } from '../support/attached.ts';
import { Caller } from '../support/caller.ts';
import { pngOf } from '../support/images.ts';
import { ServerProcess } from '../support/server-process.ts';
import { startTestServer, testEnvironment } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const PNG = pngOf(40, 30, [15, 107, 100]);
const GIF = Buffer.from('GIF89a\x08\x00\x06\x00\x00\x00\x00;', 'latin1');
const MEGABYTE = 1024 * 1024;

let dataDir: string;
let server: TestServer;
let ada: Caller;
let chatId: string;
beforeEach(() => start());
afterEach(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(environment: Record<string, string> = {}): Promise<void> {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-attachments-'));
  server = await startTestServer({ DATA_DIR: dataDir, ...environment });
  ada = await server.guest();
  chatId = (await ada.createChat()).id;
}

async function restart(environment: Record<string, string>): Promise<void> {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
  await start(environment);
}

/** An image with trailing bytes, which viewers ignore. */
const padded = (bytes: number) => Buffer.concat([PNG, Buffer.alloc(bytes - PNG.length)]);
const inline = (mimeType: string, bytes: Buffer) => ({
  inlineData: { mimeType, data: bytes.toString('base64') },
});
const asked = () => server.simulator.log().filter(({ method }) => method === 'streamGenerateContent').length;

async function expectRefused(response: Response, status: number, code: string, words = ''): Promise<void> {
  expect(await response.json()).toMatchObject({ status, code, detail: expect.stringContaining(words) });
  expect(response.status).toBe(status);
}

function bytesKept(): number {
  const database = new DatabaseSync(join(dataDir, 'millrace.db'), { readOnly: true });
  const row = database.prepare('select coalesce(sum(length(bytes)), 0) as bytes from media_contents').get();
  database.close();
  return Number(row?.['bytes']);
}

describe('a sent file', () => {
  test('is recognized by its bytes and not by its name or type', async () => {
    const image = await attach(ada, PNG, 'notes.txt', chatId);
    expect(image).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      kind: 'image',
      name: 'notes.txt',
      mimeType: 'image/png',
      size: PNG.length,
      url: `/api/media/${image.id}`,
      width: 40,
      height: 30,
    });
    expect(await attach(ada, GIF, 'x.png')).toMatchObject({ mimeType: 'image/gif', width: 8, height: 6 });
    const svg = await attach(ada, '<svg onload="alert(1)"/>', 'cat.png', chatId);
    expect(svg).toMatchObject({ kind: 'text', mimeType: 'text/plain', width: null, height: null });
  });

  test('is served as plain text, whatever its content, and only to its owner', async () => {
    const page = await attach(ada, '<script>alert("🐈")</script>', 'page.html', chatId);
    const response = await ada.fetch(page.url);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    });
    expect(await response.text()).toBe('<script>alert("🐈")</script>');
    const bea = await server.guest();
    await expectRefused(await bea.fetch(page.url), 404, 'not_found');
    await expectRefused(await upload(bea, 'x', 'x.txt', chatId), 404, 'not_found');
    await expectRefused(await bea.send('DELETE', `/api/attachments/${page.id}`), 404, 'not_found');
  });

  test('is sent to the model with the message: images unchanged, text files with their names', async () => {
    const files = [
      await attach(ada, PNG, 'mill.png', chatId),
      await attach(ada, '\uFEFFa,b\r\n1,2', '../../tmp/t\u202Eable.csv'),
    ];
    const reply = await askWith(ada, chatId, 'What is it?', files);
    expect(sentContents(server.simulator)).toEqual([
      {
        role: 'user',
        parts: [
          inline('image/png', PNG),
          { text: 'File table.csv:\na,b\r\n1,2\nEnd of the file.' },
          { text: 'What is it?' },
        ],
      },
    ]);
    const [question] = await ada.messages(chatId);
    expect(question).toEqual(reply.meta.userMessage);
    expect(question?.parts).toEqual([
      {
        type: 'media',
        name: 'mill.png',
        mimeType: 'image/png',
        url: files[0]?.url,
        width: 40,
        height: 30,
      },
      { type: 'file', name: 'table.csv', mimeType: 'text/plain', size: 11, url: files[1]?.url },
      { type: 'text', text: 'What is it?' },
    ]);
  });

  test('can be the whole message, and is sent again with later questions and regenerated replies', async () => {
    const image = await attach(ada, PNG, 'mill.png', chatId);
    const { meta } = await askWith(ada, chatId, ' \n', [image]);
    expect(sentContents(server.simulator)).toEqual([{ role: 'user', parts: [inline('image/png', PNG)] }]);
    expect(await ada.json('GET', `/api/chats/${chatId}`)).toMatchObject({ title: 'mill.png' });
    await ada.send('POST', `/api/messages/${meta.assistantMessage.id}/regenerate`, {});
    await ada.ask('And now?', chatId);
    expect(sentContents(server.simulator)[0]?.parts).toEqual([inline('image/png', PNG)]);
    await expectRefused(await sendWith(ada, chatId, ' ', []), 400, 'invalid_request', 'content');
  });

  test('leaves the context with its message', async () => {
    await restart({ CONTEXT_MESSAGES: '3' });
    await askWith(ada, chatId, 'One', [await attach(ada, PNG, 'mill.png', chatId)]);
    await ada.ask('Two', chatId);
    expect(JSON.stringify(sentContents(server.simulator))).toContain('inlineData');
    const reply = await ada.ask('Three', chatId);
    expect(JSON.stringify(sentContents(server.simulator))).not.toContain('inlineData');
    expect(noticesOf(reply.events)).toEqual([]);
  });

  test('can be sent again in its chat, but in no other chat', async () => {
    const image = await attach(ada, PNG, 'mill.png');
    await askWith(ada, chatId, 'One', [image]);
    await askWith(ada, chatId, 'The same, edited', [image], { parentId: null });
    expect(sentContents(server.simulator)).toMatchObject([
      { parts: [inline('image/png', PNG), { text: 'The same, edited' }] },
    ]);
    const other = await ada.createChat();
    await expectRefused(await sendWith(ada, other.id, 'x', [image]), 404, 'not_found');
    await expectRefused(await sendWith(ada, chatId, 'x', [image, image]), 400, 'invalid_request');
    expect(await ada.messages(other.id)).toEqual([]);
  });

  test('sent twice with the same key is one message', async () => {
    const image = await attach(ada, PNG, 'mill.png', chatId);
    const body = { content: '', attachments: [image.id] };
    const send = () => ada.send('POST', `/api/chats/${chatId}/messages`, body, { 'idempotency-key': 'once' });
    const replies = [await (await send()).text(), await (await send()).text()];
    expect(replies[1]).toBe(replies[0]);
    expect(await ada.messages(chatId)).toHaveLength(2);
  });

  test('of another user is not found, and nothing is charged', async () => {
    const bea = await server.guest();
    const image = await attach(bea, PNG, 'mill.png');
    await expectRefused(await sendWith(ada, chatId, 'Look', [image]), 404, 'not_found');
    expect(await ada.messages(chatId)).toEqual([]);
    expect(asked()).toBe(0);
    expect((await ada.me()).budget).toMatchObject({ used: 0, reserved: 0 });
  });

  test('excludes its question from the cache', async () => {
    await restart({ REPLY_CACHE_TTL: '1h' });
    await ada.ask('What is it?');
    server.simulator.script([{ text: 'A mill.' }]);
    const image = await attach(ada, PNG, 'mill.png', chatId);
    expect(await askWith(ada, chatId, 'What is it?', [image])).toMatchObject({ text: 'A mill.' });
  });
});

describe('an invalid attachment is refused', () => {
  test.each([
    ['an archive', Buffer.from('PK\x03\x04\x14\x00', 'latin1')],
    ['a text in UTF-16', Buffer.from('\uFEFFhello', 'utf16le')],
    ['a PDF', Buffer.from('%PDF-1.7\n1 0 obj')],
    ['a program', Buffer.from('\x7fELF\x02\x01\x01', 'latin1')],
    ['half an emoji', Buffer.from('🎡').subarray(0, 2)],
  ])('%s is refused with a reason, whatever its name', async (_what, bytes) => {
    await expectRefused(await upload(ada, bytes, 'a.png'), 415, 'unsupported_media_type', 'UTF-8');
    expect(bytesKept()).toBe(0);
  });

  test('an empty file, one without a name, and one without a caller are refused', async () => {
    await expectRefused(await upload(ada, '', 'a.txt'), 400, 'invalid_request', 'empty');
    await expectRefused(await upload(ada, 'x', ' '), 400, 'invalid_request', 'name');
    const nobody = await fetch(`${server.url}/api/attachments?name=a.txt`, { method: 'POST', body: 'x' });
    await expectRefused(nobody, 401, 'unauthenticated');
  });

  test('a file of the maximum size is accepted and one byte more is not, with and without Content-Length', async () => {
    await restart({ MAX_ATTACHMENT_BYTES: String(2 * MEGABYTE), MAX_ATTACHMENT_CHARS: '5' });
    expect(await attach(ada, padded(2 * MEGABYTE), 'a.png')).toMatchObject({ size: 2 * MEGABYTE });
    const tooMuch = padded(2 * MEGABYTE + 1);
    await expectRefused(await upload(ada, tooMuch, 'a.png'), 413, 'too_large', '2 MB');
    const streamed = await ada.fetch('/api/attachments?name=a.png', {
      method: 'POST',
      body: new Blob([new Uint8Array(tooMuch)]).stream(),
      duplex: 'half',
    } as RequestInit);
    await expectRefused(streamed, 413, 'too_large', '2 MB');
    await attach(ada, 'a🎡bc', 'a.txt');
    await expectRefused(await upload(ada, 'a🎡bcd', 'a.txt'), 413, 'too_large', '6 characters');
  });

  test('more files than a message or the waiting area allows are refused', async () => {
    await restart({ MAX_ATTACHMENTS: '2' });
    const files = [];
    for (let count = 0; count < 8; count += 1) files.push(await attach(ada, `${count}`, 'a.txt', chatId));
    await expectRefused(await upload(ada, 'x', 'a.txt'), 403, 'attachment_limit', '8');
    await expectRefused(
      await sendWith(ada, chatId, 'x', files.slice(0, 3)),
      400,
      'invalid_request',
      'at most 2',
    );
    expect((await ada.send('DELETE', `/api/attachments/${files[7]?.id}`)).status).toBe(204);
    await attach(ada, 'x', 'a.txt');
    await askWith(ada, chatId, 'x', files.slice(0, 2));
    await expectRefused(await ada.send('DELETE', `/api/attachments/${files[0]?.id}`), 404, 'not_found');
  });

  test('images are refused for a model that accepts none; text is not', async () => {
    await restart({ GEMINI_TUNED_MODELS: 'tunedModels/mine' });
    const image = await attach(ada, PNG, 'mill.png', chatId);
    const model = 'tunedModels/mine';
    await expectRefused(
      await sendWith(ada, chatId, 'x', [image], { model }),
      400,
      'images_unsupported',
      'does not accept images',
    );
    expect(await ada.messages(chatId)).toEqual([]);
    expect(asked()).toBe(0);
    await askWith(ada, chatId, 'One', [image]);
    const notes = await attach(ada, 'Notes', 'a.txt', chatId);
    const reply = await askWith(ada, chatId, 'Two', [notes], { model });
    // The model gets no request with the image, and the error says so.
    expect(noticesOf(reply.events)).toEqual(['files_left_out']);
  });
});

describe('files count in the request size and in the budget', () => {
  test('earlier files are left out with a notice if they don’t fit', async () => {
    const [first, second, third] = [padded(6 * MEGABYTE), padded(7 * MEGABYTE), padded(5 * MEGABYTE)];
    await askWith(ada, chatId, 'One', [await attach(ada, first, 'one.png', chatId)]);
    await askWith(ada, chatId, 'Two', [await attach(ada, second, 'two.png', chatId)]);
    const reply = await askWith(ada, chatId, 'Three', [await attach(ada, third, 'three.png', chatId)]);
    expect(noticesOf(reply.events)).toEqual(['files_left_out']);
    const contents = sentContents(server.simulator);
    expect(contents[0]?.parts).toEqual([
      { text: "[A file that isn't sent again: one.png]" },
      { text: 'One' },
    ]);
    expect(contents[2]?.parts[0]).toEqual(inline('image/png', second));
    expect(contents[4]?.parts[0]).toEqual(inline('image/png', third));
  });

  test('files of one message that don’t fit together are refused before any cost', async () => {
    const files = [];
    for (let count = 0; count < 2; count += 1)
      files.push(await attach(ada, padded(8 * MEGABYTE), 'a.png', chatId));
    await expectRefused(await sendWith(ada, chatId, 'x', files), 413, 'too_large', '14 MB');
    expect(await ada.messages(chatId)).toEqual([]);
    expect(asked()).toBe(0);
  });

  test('an image has a reservation, and is never charged beyond it', async () => {
    await restart({ GUEST_TOKEN_LIMIT: '2000' });
    const image = await attach(ada, PNG, 'mill.png', chatId);
    const reply = await askWith(ada, chatId, 'x', [image]);
    const body = server.simulator.log()[0]?.body as { generationConfig: { maxOutputTokens: number } };
    // 1120 tokens, a margin of 15 percent, and a little for the text.
    expect(body.generationConfig.maxOutputTokens).toBeGreaterThan(680);
    expect(body.generationConfig.maxOutputTokens).toBeLessThan(713);
    expect(reply.last).toMatchObject({
      data: { usageSource: 'provider', usage: { promptTokens: 259, outputTokens: 1 } },
    });
    expect((await ada.me()).budget).toMatchObject({ reserved: 0, used: 260 });
    const three = [];
    for (const colour of [1, 2, 3]) three.push(await attach(ada, pngOf(8, 8, [colour, 0, 0]), 'a.png'));
    await expectRefused(await sendWith(ada, chatId, 'x', three), 403, 'budget_exceeded');
    expect((await ada.me()).budget).toMatchObject({ reserved: 0, used: 260 });
  });

  test('the reservation for a text file depends on its text', async () => {
    await restart({ GUEST_TOKEN_LIMIT: '2000' });
    const book = await attach(ada, 'word '.repeat(3000), 'book.txt', chatId);
    await expectRefused(await sendWith(ada, chatId, 'x', [book]), 403, 'budget_exceeded');
    expect(asked()).toBe(0);
  });

  test('if the model reports no usage, its tokenizer counts images too', async () => {
    server.simulator.script([{ text: 'A mill.', usage: 'missing' }]);
    const image = await attach(ada, PNG, 'mill.png', chatId);
    const reply = await askWith(ada, chatId, 'x', [image]);
    // 258 for the image, 1 for the question, and 10 for each counted exchange.
    expect(reply.last).toMatchObject({ data: { usageSource: 'tokenizer', usage: { promptTokens: 269 } } });
  });
});

describe('a file is stored', () => {
  test('once, however often it was sent', async () => {
    const bea = await server.guest();
    await attach(ada, PNG, 'one.png', chatId);
    await attach(ada, PNG, 'two.png');
    await attach(bea, PNG, 'three.png');
    expect(bytesKept()).toBe(PNG.length);
  });

  test('until its chat or its user is deleted', async () => {
    const administrator = await server.user();
    const bea = await server.guest();
    const image = await attach(ada, PNG, 'mill.png', chatId);
    await askWith(ada, chatId, 'x', [image]);
    expect((await ada.send('DELETE', `/api/chats/${chatId}`)).status).toBe(204);
    await expectRefused(await ada.fetch(image.url), 404, 'not_found');
    await expectRefused(await upload(ada, PNG, 'a.png', chatId), 404, 'not_found');
    await attach(bea, 'mine', 'a.txt');
    const [{ user: one }, { user: other }] = [await ada.me(), await bea.me()];
    expect(bytesKept()).toBe(PNG.length + 4);
    for (const { id } of [one, other]) await administrator.send('DELETE', `/api/admin/users/${id}`);
    expect(bytesKept()).toBe(0);
  });

  test('also when the server is killed between its upload and its message', async () => {
    const simulator = await startSimulator();
    const folder = await mkdtemp(join(tmpdir(), 'millrace-attachments-kill-'));
    const environment = testEnvironment(simulator.url, folder);
    const before = await ServerProcess.start(environment);
    const { token } = await Caller.asGuest(before.url);
    const image = await attach(new Caller(before.url, token), PNG, 'mill.png');
    await before.kill();
    const after = await ServerProcess.start(environment);
    const caller = new Caller(after.url, token);
    const chat = await caller.createChat();
    const reply = await askWith(caller, chat.id, 'Look', [image]);
    expect(reply.last).toMatchObject({ event: 'done' });
    expect(sentContents(simulator)[0]?.parts[0]).toEqual(inline('image/png', PNG));
    await after.terminate();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  });
});
