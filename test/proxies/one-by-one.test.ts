import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Caller, readEvents } from '../support/caller.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { chunk } from '../support/hand-fed-chunk.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';
import { compressingHost } from './compressing-host.ts';
import { Nginx, noNginx } from './nginx.ts';

const because = noNginx === '' ? '' : ` (skipped: ${noNginx})`;

let model: HandFedModel;
let server: TestServer;
let caller: Caller;
beforeAll(async () => {
  model = await HandFedModel.start();
  server = await startTestServer({ GEMINI_BASE_URL: model.url });
});
afterAll(async () => {
  await server.close();
  await model.close();
});
beforeEach(async () => void (caller = await server.guest()));

/**
 * Reads a reply through what stands at an address. The model says each token only once the one before has been seen, so
 * whatever holds one back never ends.
 * @returns the headers it came with
 */
async function readOneByOne(url: string): Promise<Headers> {
  const there = new Caller(url, caller.token);
  const { id } = await there.createChat();
  model.forget();
  const response = await there.send('POST', `/api/chats/${id}/messages`, { content: 'Hello' });
  let seen = '';
  let said = 0;
  for await (const { event, data } of readEvents(response)) {
    if (event === 'meta') await until('the model is asked', () => model.isAsked);
    else if (event === 'delta') seen += data.text;
    else if (event === 'done') break;
    else continue;
    said += 1;
    if (said <= 20) model.say(chunk(`token ${said} `));
    if (said === 21) {
      model.say(chunk('.', 'STOP'));
      model.end();
    }
  }
  expect(seen).toBe(`${Array.from({ length: 20 }, (_item, index) => `token ${index + 1} `).join('')}.`);
  return response.headers;
}

/** How what isn't a stream comes. */
async function encodingOfJson(url: string): Promise<string | null> {
  const response = await new Caller(url, caller.token).fetch('/api/models');
  await response.arrayBuffer();
  return response.headers.get('content-encoding');
}

test('tokens arrive one by one with nothing in between', async () => {
  expect((await readOneByOne(server.url)).get('content-encoding')).toBeNull();
});

describe.skipIf(noNginx !== '')(`behind nginx tokens arrive one by one${because}`, () => {
  test('as Debian has it, with HTTP/1.0 to the server and no word about buffers', async () => {
    await using nginx = await Nginx.inFrontOf(server.url);
    expect((await readOneByOne(nginx.url)).get('server')).toMatch(/^nginx/);
  });

  test('which compresses all it can', async () => {
    await using nginx = await Nginx.inFrontOf(
      server.url,
      'gzip_types *; gzip_min_length 0; gzip_proxied any;',
    );
    expect(await encodingOfJson(nginx.url)).toBe('gzip');
    expect((await readOneByOne(nginx.url)).get('content-encoding')).toBe('gzip');
  });
});

test('behind a host that compresses, tokens arrive one by one, for streams say that they are not to be transformed', async () => {
  await using host = await compressingHost(server.url);
  expect(await encodingOfJson(host.url)).toMatch(/^(br|gzip)$/);
  expect((await readOneByOne(host.url)).get('content-encoding')).toBeNull();
});
