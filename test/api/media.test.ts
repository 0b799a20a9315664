import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Media, MessagePart } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Caller, ReadReply } from '../support/caller.ts';
import { geminiStream, pngOf } from '../support/images.ts';
import { RawConnection } from '../support/raw-request.ts';
import { expectProblem, signUpInBrowser } from '../support/sign-in.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const PNG = pngOf(40, 30, [15, 107, 100]);
const OTHER_PNG = pngOf(8, 8, [200, 0, 0]);
const SHA256 = createHash('sha256').update(PNG).digest('hex');

let dataDir: string;
let server: TestServer;
let ada: Caller;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-media-'));
  server = await startTestServer({ DATA_DIR: dataDir, REPLY_CACHE_TTL: '1h' });
  ada = await server.guest();
});
afterEach(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Sends a question to a model that answers with these texts and images. */
async function painted(caller: Caller, parts: readonly (string | Buffer)[], mimeType?: string) {
  server.simulator.script([{ kind: 'replay', bytes: geminiStream(parts, mimeType) }]);
  return caller.ask('Paint');
}

function imagesOf({ events }: ReadReply): Media[] {
  return events.flatMap((event) => (event.event === 'media' ? [event.data] : []));
}

async function paintedImage(caller: Caller, image = PNG): Promise<{ url: string; chatId: string }> {
  const reply = await painted(caller, ['Look: ', image]);
  const url = imagesOf(reply)[0]?.url ?? '';
  return { url, chatId: reply.meta.chatId };
}

function bytesKept(): { contents: number; bytes: number } {
  const database = new DatabaseSync(join(dataDir, 'millrace.db'), { readOnly: true });
  const row = database
    .prepare('select count(*) as contents, coalesce(sum(length(bytes)), 0) as bytes from media_contents')
    .get();
  database.close();
  return { contents: Number(row?.['contents']), bytes: Number(row?.['bytes']) };
}

async function expectNotFound(caller: Caller, url: string): Promise<void> {
  const response = await caller.fetch(url);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 'not_found' });
}

describe('a generated image', () => {
  test('is streamed, saved, listed and replayed at its position in the text', async () => {
    const reply = await painted(ada, ['Look: ', PNG, 'Nice,', ' is it?']);
    const [media, ...others] = imagesOf(reply);
    expect(others).toEqual([]);
    expect(media).toEqual({
      mimeType: 'image/png',
      url: expect.stringMatching(/^\/api\/media\/[\w-]{22}$/),
      width: 40,
      height: 30,
    });
    const parts = [
      { type: 'text', text: 'Look: ' },
      { type: 'media', ...media },
      { type: 'text', text: 'Nice, is it?' },
    ] as MessagePart[];
    expect(reply.last).toMatchObject({
      event: 'done',
      data: { status: 'completed', finishReason: 'stop', message: { parts }, tokensUsed: 1297 },
    });
    const [, saved] = await ada.messages(reply.meta.chatId);
    expect(saved).toMatchObject({ parts, usageSource: 'provider', usage: { outputTokens: 1290 } });
    const replay = await ada.replay(reply.meta.generationId);
    expect(imagesOf(replay)).toEqual([media]);
    expect(replay.last).toEqual(reply.last);
  });

  test('is served with its type, is cached privately, and runs no code', async () => {
    const { url } = await paintedImage(ada);
    const response = await ada.fetch(url);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(PNG.length),
      'content-disposition': 'inline',
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${SHA256}"`,
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(PNG)).toBe(true);
  });

  test('is not sent again to a client that has it', async () => {
    const { url } = await paintedImage(ada);
    for (const tag of [`"${SHA256}"`, `W/"${SHA256}"`, `"other", "${SHA256}"`, '*']) {
      const response = await ada.fetch(url, { headers: { 'if-none-match': tag } });
      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(`"${SHA256}"`);
      expect(await response.text()).toBe('');
    }
    expect((await ada.fetch(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test('answers HEAD with the headers of GET', async () => {
    const { url } = await paintedImage(ada);
    const response = await ada.fetch(url, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe(String(PNG.length));
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('etag')).toBe(`"${SHA256}"`);
    expect(await response.text()).toBe('');
  });

  test('is shown to a browser by its session cookie', async () => {
    const { connection, cookie } = await signUpInBrowser(server.url);
    const json = { 'content-type': 'application/json', cookie, origin: server.url };
    const created = await connection.send('/api/chats', { method: 'POST', headers: json, body: '{}' });
    const { id } = JSON.parse(created.body) as { id: string };
    server.simulator.script([{ kind: 'replay', bytes: geminiStream([PNG]) }]);
    const request = { method: 'POST', headers: json, body: '{"content":"Paint"}' };
    const { body } = await connection.send(`/api/chats/${id}/messages`, request);
    const [url = ''] = /\/api\/media\/[\w-]+/.exec(body) ?? [];
    const image = { accept: 'image/*', 'sec-fetch-dest': 'image', 'sec-fetch-site': 'same-origin' };
    const answer = await connection.send(url, { headers: { ...image, cookie } });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
    expectProblem(await connection.send(url, { headers: image }), 401, 'unauthenticated');
    connection.close();
  });

  test('can be the whole reply', async () => {
    const reply = await painted(ada, [PNG]);
    expect(reply.last).toMatchObject({
      event: 'done',
      data: { status: 'completed', message: { parts: [{ type: 'media', mimeType: 'image/png' }] } },
    });
  });

  test('is stored when the reply breaks off after it, and the model is not asked again', async () => {
    await server.close();
    server = await startTestServer({ DATA_DIR: dataDir, MODEL_RETRIES: '3', FALLBACK_REPLY: 'Prepared.' });
    const caller = await server.guest();
    const content = { parts: [{ inlineData: { mimeType: 'image/png', data: PNG.toString('base64') } }] };
    const bytes = Buffer.from(`data: ${JSON.stringify({ candidates: [{ content }] })}\r\n\r\n`);
    server.simulator.script([{ kind: 'replay', bytes }]);
    const reply = await caller.ask('Paint');
    const [media] = imagesOf(reply);
    expect(reply.last).toMatchObject({
      event: 'error',
      data: { code: 'model_stream_broken', partial: { parts: [{ type: 'media', ...media }] } },
    });
    expect(reply.text).toBe('');
    expect((await caller.fetch(media?.url ?? '')).status).toBe(200);
  });

  test('takes its type from its bytes, whatever the model declares', async () => {
    const [media] = imagesOf(await painted(ada, [PNG], 'image/jpeg'));
    expect(media?.mimeType).toBe('image/png');
    expect((await ada.fetch(media?.url ?? '')).headers.get('content-type')).toBe('image/png');
  });

  test('of several megabytes arrives whole', async () => {
    const large = Buffer.concat([PNG, Buffer.alloc(9_000_000, 'noise')]);
    const { url } = await paintedImage(ada, large);
    const response = await ada.fetch(url);
    expect(Buffer.from(await response.arrayBuffer()).equals(large)).toBe(true);
  });

  test('is stored once for all replies that show it, with a different address in each', async () => {
    const bea = await server.guest();
    const [one, other] = [await paintedImage(ada), await paintedImage(bea)];
    expect(one.url).not.toBe(other.url);
    expect(bytesKept()).toEqual({ contents: 1, bytes: PNG.length });
    expect((await bea.fetch(other.url)).status).toBe(200);
  });

  test('excludes its reply from the cache', async () => {
    await paintedImage(ada);
    server.simulator.script([{ text: 'In words.' }]);
    const bea = await server.guest();
    expect(await bea.ask('Paint')).toMatchObject({ text: 'In words.' });
  });
});

describe('an image is not found', () => {
  test('by users other than the owner of its chat', async () => {
    const { url } = await paintedImage(ada);
    await expectNotFound(await server.guest(), url);
    const administrator = await server.user();
    await expectNotFound(administrator, url);
    const connection = new RawConnection(server.url);
    expectProblem(await connection.send(url), 401, 'unauthenticated');
    connection.close();
  });

  test('at an unknown address', async () => {
    for (const id of ['AAAAAAAAAAAAAAAAAAAAAA', 'x', '..', `'%20or%201=1`, '%00', 'x'.repeat(5000)]) {
      await expectNotFound(ada, `/api/media/${id}`);
    }
    await expectNotFound(ada, '/api/media');
    expect((await ada.send('POST', '/api/media/x', {})).status).toBe(405);
  });

  test('when its chat is deleted', async () => {
    const { url, chatId } = await paintedImage(ada);
    expect((await ada.send('DELETE', `/api/chats/${chatId}`)).status).toBe(204);
    await expectNotFound(ada, url);
  });

  test('when its user is deleted, and its bytes are deleted unless other replies show them', async () => {
    const administrator = await server.user();
    const bea = await server.guest();
    const { url } = await paintedImage(bea);
    await paintedImage(bea, OTHER_PNG);
    const theirs = await paintedImage(ada);
    expect(bytesKept().contents).toBe(2);
    const { user } = await bea.me();
    expect((await administrator.send('DELETE', `/api/admin/users/${user.id}`)).status).toBe(204);
    expect(bytesKept()).toEqual({ contents: 1, bytes: PNG.length });
    await expectNotFound(administrator, url);
    expect((await ada.fetch(theirs.url)).status).toBe(200);
  });
});

describe('data that is not a bitmap image', () => {
  const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');

  test('is refused with a notice, and the rest of the reply is stored', async () => {
    const reply = await painted(ada, ['Look: ', SVG, 'no'], 'image/svg+xml');
    const notices = reply.events.flatMap((event) => (event.event === 'notice' ? [event.data.code] : []));
    expect(notices).toEqual(['media_refused']);
    expect(imagesOf(reply)).toEqual([]);
    expect(reply).toMatchObject({ text: 'Look: no', last: { event: 'done' } });
    expect(bytesKept().contents).toBe(0);
  });

  test('and as the whole reply is an error', async () => {
    const reply = await painted(ada, [SVG], 'image/png');
    expect(reply.last).toMatchObject({
      event: 'error',
      data: {
        status: 'failed',
        code: 'model_bad_response',
        message: expect.stringContaining('image/png'),
        partial: { parts: [] },
      },
    });
  });
});
