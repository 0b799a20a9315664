import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Caller } from '../support/caller.ts';
import { HandFedModel } from '../support/hand-fed-model.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { compressingHost } from './compressing-host.ts';
import { Nginx, noNginx } from './nginx.ts';
import { readOneByOne } from './read-one-by-one.ts';

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

/** How a response that isn't a stream arrives. */
async function encodingOfJson(url: string): Promise<string | null> {
  const response = await new Caller(url, caller.token).fetch('/api/models');
  await response.arrayBuffer();
  return response.headers.get('content-encoding');
}

test('tokens arrive one by one without a proxy', async () => {
  expect((await readOneByOne(model, server.url, caller)).get('content-encoding')).toBeNull();
});

describe.skipIf(noNginx !== '')(`behind nginx tokens arrive one by one${because}`, () => {
  test('with Debian’s default configuration: HTTP/1.0 to the server, and default buffering', async () => {
    await using nginx = await Nginx.inFrontOf(server.url);
    expect((await readOneByOne(model, nginx.url, caller)).get('server')).toMatch(/^nginx/);
  });

  test('with compression of all types', async () => {
    await using nginx = await Nginx.inFrontOf(
      server.url,
      'gzip_types *; gzip_min_length 0; gzip_proxied any;',
    );
    expect(await encodingOfJson(nginx.url)).toBe('gzip');
    expect((await readOneByOne(model, nginx.url, caller)).get('content-encoding')).toBe('gzip');
  });
});

test('behind a host that compresses, tokens arrive one by one, because streams have Cache-Control: no-transform', async () => {
  await using host = await compressingHost(server.url);
  expect(await encodingOfJson(host.url)).toMatch(/^(br|gzip)$/);
  expect((await readOneByOne(model, host.url, caller)).get('content-encoding')).toBeNull();
});
