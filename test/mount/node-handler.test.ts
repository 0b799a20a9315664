import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Chat, Me } from '@millrace/protocol';
import type { HostCaller } from '@millrace/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReply } from '../support/caller.ts';
import { HostVisitor } from '../support/host-visitor.ts';
import { authenticateByCookie, startMounted } from '../support/mounted.ts';
import type { Mounted } from '../support/mounted.ts';

/** What the middleware of a host leaves on a request. */
interface HostedRequest extends IncomingMessage {
  originalUrl?: string;
  body?: unknown;
  user?: HostCaller;
}

function answerPage(outgoing: ServerResponse, status = 200): void {
  outgoing.writeHead(status, { 'content-type': 'text/plain' }).end('a page of the host');
}

describe('in a host that reads bodies and takes paths apart before the chat sees them', () => {
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
          if (incoming.headers['content-type'] === 'application/json') incoming.body = await json(incoming);
          incoming.originalUrl = incoming.url ?? '';
          incoming.url = incoming.originalUrl.replace(/^\/deep/, '');
          millrace.handler(incoming, outgoing, () => answerPage(outgoing));
        },
      },
    );
  });
  afterAll(() => mounted.close());

  test('the chat is found, and knows the user that the middleware found', async () => {
    const ada = new HostVisitor(`${mounted.url}/deep/chat`, 'session=ada');
    expect((await ada.json<Me>('GET', '/api/me')).user).toMatchObject({ name: 'ada' });
    mounted.simulator.script([{ chunks: ['Read ', 'twice'] }]);
    const chat = await ada.json<Chat>('POST', '/api/chats', { title: 'Körper 水車' });
    expect(chat.title).toBe('Körper 水車');
    expect((await readReply(await ada.send(chat.id, 'Hello'))).text).toBe('Read twice');
    expect((await new HostVisitor(`${mounted.url}/deep/chat`, '').fetch('/api/me')).status).toBe(401);
  });

  test.each(['/', '/deep', '/deep/chatter', '/chat/api/me', '/deep/other?to=/deep/chat/api/me'])(
    '%s is the host’s',
    async (path) => {
      expect(await (await fetch(mounted.url + path)).text()).toBe('a page of the host');
    },
  );

  test('what is under the prefix and isn’t there is a problem of ours', async () => {
    const response = await fetch(`${mounted.url}/deep/chat/nowhere`);
    expect(await response.json()).toMatchObject({ status: 404, code: 'not_found' });
  });
});

test('without a prefix the chat is wherever the host has it: what the host took off the path is not looked for', async () => {
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

test('after it was closed, it refuses requests and says that it is temporary', async () => {
  const mounted = await startMounted({ authenticate: authenticateByCookie });
  await mounted.millrace.close();
  const response = await fetch(`${mounted.url}/api/me`);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status: 503, code: 'shutting_down' });
});

test('what the process had before is there afterwards: its Request, its Response, its signals and its umask', async () => {
  const found = [globalThis.Request, globalThis.Response, process.umask(), process.eventNames()];
  const mounted = await startMounted({ prefix: '/chat', authenticate: authenticateByCookie });
  await new HostVisitor(`${mounted.url}/chat`, 'session=ada').createChat();
  expect([globalThis.Request, globalThis.Response, process.umask(), process.eventNames()]).toEqual(found);
  await mounted.close();
});
