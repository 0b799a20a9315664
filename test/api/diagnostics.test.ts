import type { RequestEcho } from '@millrace/protocol';
import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

let local: TestServer;
let proxied: TestServer;
beforeAll(async () => {
  local = await startTestServer({ HEARTBEAT_MS: '20' });
  proxied = await startTestServer({ TRUST_PROXY: '1' });
});
afterAll(() => Promise.all([local.close(), proxied.close()]));

const STREAM = '/api/diagnostics/stream';
const REQUEST = '/api/diagnostics/request';

async function read(url: string): Promise<{ events: EventSourceMessage[]; comments: number }> {
  const events: EventSourceMessage[] = [];
  let comments = 0;
  const parser = createParser({ onEvent: (event) => events.push(event), onComment: () => (comments += 1) });
  parser.feed(await (await fetch(url)).text());
  return { events, comments };
}

test('the stream sends its numbers and ends, with heartbeats or without', async () => {
  const beating = await read(`${local.url}${STREAM}?events=2&interval=300`);
  expect(beating.events.map(({ id, event }) => ({ id, event }))).toEqual([
    { id: 'diagnostics:1', event: 'tick' },
    { id: 'diagnostics:2', event: 'tick' },
    { id: 'diagnostics:3', event: 'end' },
  ]);
  expect(JSON.parse(beating.events[1]?.data ?? '')).toEqual({ number: 2, of: 2, at: expect.any(String) });
  expect(beating.comments).toBeGreaterThan(0);
  expect((await read(`${local.url}${STREAM}?events=2&interval=300&heartbeats=off`)).comments).toBe(0);
});

test('the stream has the headers of every stream, and lasts ten minutes at most', async () => {
  const response = await fetch(`${local.url}${STREAM}?events=1`);
  expect(response.headers.get('x-accel-buffering')).toBe('no');
  expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
  expect((await fetch(`${local.url}${STREAM}?events=3&interval=600000`)).status).toBe(400);
  expect((await fetch(`${local.url}${STREAM}?events=0`)).status).toBe(400);
});

test('a request’s headers are returned as received, without credentials', async () => {
  const headers = {
    authorization: 'Bearer secret',
    cookie: 'a=secret',
    'last-event-id': 'x:1',
    'x-other': 'secret',
  };
  const response = await fetch(local.url + REQUEST, { headers });
  const text = await response.text();
  const echo = JSON.parse(text) as RequestEcho;
  expect(echo).toMatchObject({
    httpVersion: '1.1',
    clientAddress: '127.0.0.1',
    trustedProxies: null,
    headers: {
      authorization: 'present',
      cookie: 'present',
      'last-event-id': 'x:1',
      host: new URL(local.url).host,
    },
  });
  expect(text).not.toContain('secret');
});

test('behind a proxy loopback has no privileges: only signed-in users can read the stream, only administrators the headers', async () => {
  const statusOf = async (path: string, token?: string) => {
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    const response = await fetch(proxied.url + path, headers === undefined ? {} : { headers });
    await response.body?.cancel();
    return response.status;
  };
  const [guest, user] = [await proxied.guest(), await proxied.user()];
  expect(await statusOf(STREAM)).toBe(401);
  expect(await statusOf(STREAM, guest.token)).toBe(200);
  expect(await statusOf(REQUEST)).toBe(401);
  expect(await statusOf(REQUEST, user.token)).toBe(403);
  const pass = `${Date.now() + 60_000}.${'A'.repeat(43)}`;
  expect(await statusOf(`${REQUEST}?pass=${pass}`)).toBe(401);
  // An invalid pass doesn't fall back to other credentials.
  expect(await statusOf(`${STREAM}?pass=x`, guest.token)).toBe(401);
});

test('a client over the rate limit gets a Retry-After', async () => {
  const guest = await proxied.guest();
  for (;;) {
    const response = await guest.fetch(`${STREAM}?events=1`);
    await response.body?.cancel();
    if (response.status === 200) continue;
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    return;
  }
});
