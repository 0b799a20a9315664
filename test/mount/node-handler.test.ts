import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { createGunzip, gzipSync } from 'node:zlib';
import type { Chat, Me } from '@millrace/protocol';
import type { HostCaller } from '@millrace/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReply } from '../support/caller.ts';
import { HostVisitor } from '../support/host-visitor.ts';
import { authenticateByCookie, startMounted } from '../support/mounted.ts';
import type { Mounted } from '../support/mounted.ts';

/** The property that the host's middleware sets on a request. */
interface HostedRequest extends IncomingMessage {
  originalUrl?: string;
  body?: unknown;
  user?: HostCaller;
}

function answerPage(outgoing: ServerResponse, status = 200): void {
  outgoing.writeHead(status, { 'content-type': 'text/plain' }).end('a page of the host');
}

describe('in a host that parses bodies and rewrites paths before the chat gets the request', () => {
  let mounted: Mounted;
  beforeAll(async () => {
    mounted = await startMounted(
      {
        prefix: '/deep/chat',
        authenticate: (_request, incoming) => (incoming as HostedRequest).user ?? null,
      },
      {
        host: (millrace) => async (incoming: HostedRequest, outgoing) => {
          const user = authenticateByCookie(
            new Request('http://host', { headers: { cookie: incoming.headers.cookie ?? '' } }),
          );
          if (user !== null) incoming.user = user;
          if (incoming.headers['content-type'] === 'application/json') {
            const isCompressed = incoming.headers['content-encoding'] === 'gzip';
            incoming.body = await json(isCompressed ? incoming.pipe(createGunzip()) : incoming);
          }
          incoming.originalUrl = incoming.url ?? '';
          incoming.url = incoming.originalUrl.replace(/^\/deep/, '');
          millrace.handler(incoming, outgoing, () => answerPage(outgoing));
        },
      },
    );
  });
  afterAll(() => mounted.close());

  test('the chat is served, and knows the user that the middleware found', async () => {
    const ada = new HostVisitor(`${mounted.url}/deep/chat`, 'session=ada');
    expect((await ada.json<Me>('GET', '/api/me')).user).toMatchObject({ name: 'ada' });
    mounted.simulator.script([{ chunks: ['Read ', 'twice'] }]);
    const chat = await ada.json<Chat>('POST', '/api/chats', { title: 'Körper 水車' });
    expect(chat.title).toBe('Körper 水車');
    expect((await readReply(await ada.send(chat.id, 'Hello'))).text).toBe('Read twice');
    expect((await new HostVisitor(`${mounted.url}/deep/chat`, '').fetch('/api/me')).status).toBe(401);
  });

  test('a body that the host has decompressed is accepted', async () => {
    const response = await fetch(`${mounted.url}/deep/chat/api/chats`, {
      method: 'POST',
      headers: { cookie: 'session=ada', 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync('{"title": "Small"}'),
    });
    expect(await response.json()).toMatchObject({ title: 'Small' });
  });

  test.each(['/', '/deep', '/deep/chatter', '/chat/api/me', '/deep/other?to=/deep/chat/api/me'])(
    '%s is the host’s',
    async (path) => {
      expect(await (await fetch(mounted.url + path)).text()).toBe('a page of the host');
    },
  );

  test('an unknown path under the prefix is answered with a problem of the chat', async () => {
    const response = await fetch(`${mounted.url}/deep/chat/nowhere`);
    expect(await response.json()).toMatchObject({ status: 404, code: 'not_found' });
  });
});

test('without a prefix the chat is served at the path that the host mounted it at', async () => {
  const mounted = await startMounted(
    { authenticate: authenticateByCookie },
    {
      host: (millrace) => (incoming: HostedRequest, outgoing) => {
        incoming.originalUrl = incoming.url ?? '';
        incoming.url = incoming.originalUrl.replace(/^\/chat/, '');
        millrace.handler(incoming, outgoing, () => answerPage(outgoing));
      },
    },
  );
  const ada = new HostVisitor(`${mounted.url}/chat`, 'session=ada');
  expect((await ada.json<Me>('GET', '/api/me')).user).toMatchObject({ name: 'ada' });
  await mounted.close();
});

test('after closing, it refuses requests with a 503', async () => {
  const mounted = await startMounted({ authenticate: authenticateByCookie });
  await mounted.millrace.close();
  const response = await fetch(`${mounted.url}/api/me`);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status: 503, code: 'shutting_down' });
});

test('the process keeps its Request, its Response, its signal handlers and its umask', async () => {
  const found = [globalThis.Request, globalThis.Response, process.umask(), process.eventNames()];
  const mounted = await startMounted({ prefix: '/chat', authenticate: authenticateByCookie });
  await new HostVisitor(`${mounted.url}/chat`, 'session=ada').createChat();
  expect([globalThis.Request, globalThis.Response, process.umask(), process.eventNames()]).toEqual(found);
  await mounted.close();
});
