import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chat, Page } from '@millrace/protocol';
import { startSimulator } from 'millrace-gemini-simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Caller } from '../../support/caller.ts';
import { afterEvents, ByteCuttingProxy } from '../../support/byte-cutting-proxy.ts';
import type { Cut } from '../../support/byte-cutting-proxy.ts';
import { textIn } from '../../support/replayed-reply.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { signUpInBrowser } from '../../support/sign-in.ts';
import { dataOf, readReconnecting } from '../../support/standard-reader.ts';
import { startTestServer, testEnvironment } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

const ALLOWED = 'https://app.example';
const CHUNKS = ['水 ', 'one\r', '\ntwo', '[DONE]', '{"done": true}', '\n\n', ' 👩‍🚀', '  end\r'];
const PATH = '/chat/stream?message=Go%20on';
const isDone = ({ data }: { data: string }) => data === '[DONE]';

let server: TestServer;
let caller: Caller;
beforeAll(async () => void (server = await startTestServer({ CORS_ORIGINS: ALLOWED })));
afterAll(() => server.close());
beforeEach(async () => {
  server.simulator.reset();
  caller = await server.guest();
});

/** Sends the question through a proxy that cuts connections, and reads the reply to its end. */
async function readThrough(cut: Cut, path = PATH) {
  server.simulator.script([{ chunks: CHUNKS }]);
  const proxy = await ByteCuttingProxy.to(server.url, cut);
  const throughProxy = new Caller(proxy.url, caller.token);
  const reading = await readReconnecting((headers) => throughProxy.fetch(path, { headers }), isDone);
  const { cuts } = proxy;
  await proxy.close();
  return { ...reading, cuts };
}

describe('a reader whose connection is cut', () => {
  const uncut = () => readThrough(() => null);

  test.each([1, 2, 6])(
    'after every %i events gets each event once, from one request to the model',
    async (count) => {
      const whole = await uncut();
      server.simulator.reset();
      const { events, cuts } = await readThrough(afterEvents(count));
      expect(cuts).toBeGreaterThanOrEqual(Math.floor(whole.events.length / count) - 1);
      expect(dataOf(events)).toEqual(dataOf(whole.events));
      expect(server.simulator.log()).toHaveLength(1);
    },
  );

  test('at any byte of the stream gets each event once', async () => {
    const whole = await uncut();
    const expected = dataOf(whole.events);
    let readings = 1;
    // Positions count the whole response: its head and the chunk sizes of HTTP too.
    for (let position = 700; position < 1900; position += 13) {
      let hasCut = false;
      readings += 1;
      const { events } = await readThrough(
        (sent) => {
          if (sent.length < position || hasCut) return null;
          hasCut = true;
          return position;
        },
        `${PATH}&ticket=${await ticketFor('Go on')}`,
      );
      expect({ position, data: dataOf(events) }).toEqual({ position, data: expected });
    }
    expect(server.simulator.log()).toHaveLength(readings);
  });

  test('gets a first event that has only an id and the time to wait before a reconnect', async () => {
    server.simulator.script([{ chunks: ['One'], firstDelayMs: 60_000 }]);
    const leave = new AbortController();
    const response = await caller.fetch(PATH, { signal: leave.signal });
    const { value } = (await response.body?.getReader().read()) ?? {};
    await until('the model has the request', () => server.simulator.log().length === 1);
    expect(Buffer.from(value ?? []).toString()).toMatch(/^id: \w{16}:1\nretry: 1000\n\n$/);
    leave.abort();
  });
});

async function ticketFor(message: string, chatId?: string): Promise<string> {
  const { ticket } = await caller.json<{ ticket: string }>('POST', '/api/tickets', { message, chatId });
  return ticket;
}

describe('a resume', () => {
  test('after the last event gets a 204', async () => {
    const { lastEventId } = await readThrough(() => null);
    const response = await caller.fetch(PATH, { headers: { 'last-event-id': lastEventId ?? '' } });
    expect(response.status).toBe(204);
    expect(server.simulator.log()).toHaveLength(1);
  });

  test.each([
    ['nonsense', 400, 'invalid_event_id'],
    ['0VbZShiBBYJk3RQE:2', 400, 'invalid_event_id'],
    ['0VbZShiBBYJk3RQE:2.0', 400, 'invalid_event_id'],
  ])('with the id %s is refused, without a request to the model', async (id, status, code) => {
    const response = await caller.fetch(PATH, { headers: { 'last-event-id': id } });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
    expect(server.simulator.log()).toEqual([]);
  });

  test('of another user’s reply, or beyond the end, is refused', async () => {
    const { lastEventId } = await readThrough(() => null);
    const headers = { 'last-event-id': lastEventId ?? '' };
    expect((await (await server.guest()).fetch(PATH, { headers })).status).toBe(400);
    const beyond = { 'last-event-id': headers['last-event-id'].replace(/\d+$/, '999') };
    expect((await caller.fetch(PATH, { headers: beyond })).status).toBe(409);
  });
});

describe('the chat', () => {
  const chats = async () => (await caller.json<Page<Chat>>('GET', '/api/chats')).items;

  test('is one chat of the caller, created by the first question, listed, and the context of later questions', async () => {
    server.simulator.script([{ chunks: ['It is a wheel.'] }]);
    await Promise.all(
      ['one', 'two', 'three'].map(async (word) =>
        (await caller.fetch(`/chat/stream?message=${word}`)).text(),
      ),
    );
    expect(await chats()).toHaveLength(1);
    const [chat] = await chats();
    expect(await caller.messages(chat?.id ?? '')).toHaveLength(6);
    await (await caller.fetch('/chat/stream?message=Why')).text();
    expect(JSON.stringify(server.simulator.log().at(-1)?.body)).toContain('wheel');
    // A new chat replaces it once it is deleted.
    await caller.send('DELETE', `/api/chats/${chat?.id}`);
    await (await caller.fetch('/chat/stream?message=Again')).text();
    expect((await chats()).map(({ id }) => id)).not.toContain(chat?.id);
  });

  test('is the chat given in conversationId', async () => {
    const { id } = await caller.createChat();
    await (await caller.fetch(`${PATH}&conversationId=${id}`)).text();
    expect(await caller.messages(id)).toHaveLength(2);
    const foreign = await (await server.guest()).fetch(`${PATH}&conversationId=${id}`);
    expect(foreign.status).toBe(404);
  });

  test('isn’t created by a refused question', async () => {
    expect((await caller.fetch('/chat/stream?message=%20')).status).toBe(400);
    expect((await caller.fetch('/chat/stream')).status).toBe(400);
    expect(await chats()).toEqual([]);
  });
});

test('the same question with the same Idempotency-Key is one request to the model', async () => {
  const headers = { 'idempotency-key': 'one' };
  const texts = await Promise.all([1, 2].map(async () => (await caller.fetch(PATH, { headers })).text()));
  expect(texts[0]).toBe(texts[1]);
  expect((await caller.fetch('/chat/stream?message=Other', { headers })).status).toBe(422);
  expect(server.simulator.log()).toHaveLength(1);
});

test('a HEAD sends no question', async () => {
  const response = await caller.fetch(PATH, { method: 'HEAD' });
  expect(response.status).toBe(405);
  expect(server.simulator.log()).toEqual([]);
});

test('an `error` event ends the stream, and a resume gets a 204', async () => {
  server.simulator.script([{ chunks: ['One', ' two'], fault: { kind: 'reset', afterChunks: 1 } }]);
  const { events, connections } = await readReconnecting(
    (headers) => caller.fetch(PATH, { headers }),
    () => false,
  );
  expect(connections).toBe(2);
  expect(dataOf(events)).toEqual(['One']);
  expect(dataOf(events, 'error')).toEqual([expect.stringMatching(/broke off|\w+/)]);
  expect(server.simulator.log()).toHaveLength(1);
});

describe('a cookie', () => {
  const EVENT_STREAM = { accept: 'text/event-stream' };
  const SAME = { 'sec-fetch-site': 'same-origin' };

  test.each([
    ['by an EventSource of our own page', { ...EVENT_STREAM, ...SAME }, 200],
    [
      'by an EventSource of an allowed origin',
      { ...EVENT_STREAM, origin: ALLOWED, 'sec-fetch-site': 'same-site' },
      200,
    ],
    [
      'by an EventSource of another origin',
      { ...EVENT_STREAM, origin: 'https://evil.example', 'sec-fetch-site': 'same-site' },
      403,
    ],
    ['by a link on another page', { accept: 'text/html', 'sec-fetch-site': 'cross-site' }, 403],
    ['by a link on our own page', { accept: 'text/html', ...SAME }, 403],
    ['by an address typed into the address bar', { ...EVENT_STREAM, 'sec-fetch-site': 'none' }, 403],
    ['by a client without Sec-Fetch-Site', EVENT_STREAM, 403],
  ])('sent %s with %o gets a %i', async (_how, headers, status) => {
    const { cookie, connection } = await signUpInBrowser(server.url);
    const answer = await connection.send(PATH, { headers: { cookie, ...headers } });
    connection.close();
    expect(answer.status).toBe(status);
    expect(server.simulator.log()).toHaveLength(status === 200 ? 1 : 0);
  });

  test('isn’t needed with a token, and a request with neither is refused', async () => {
    expect(await (await caller.fetch(PATH)).text()).toContain('[DONE]');
    expect((await fetch(server.url + PATH)).status).toBe(401);
  });
});

describe('a server that was killed', () => {
  test('resumes the reader after its last event, without another request to the model', async () => {
    const simulator = await startSimulator({ pace: { chunkDelayMs: 20, chunkChars: 5 } });
    const dataDir = await mkdtemp(join(tmpdir(), 'millrace-event-source-'));
    const environment = testEnvironment(simulator.url, dataDir);
    let process = await ServerProcess.start(environment);
    const user = await Caller.asGuest(process.url);
    const port = new URL(process.url).port;
    const message = 'The mill grinds on. '.repeat(20);
    const key = { 'idempotency-key': 'one' };
    const path = `/chat/stream?message=${encodeURIComponent(message)}`;
    const reading = readReconnecting(
      async (headers) => {
        // The connection breaks before this test knows that the process has ended.
        const answers: Response[] = [];
        await until('the server answers', async () => {
          if (process.hasEnded) return false;
          const asked = await Promise.allSettled([user.fetch(path, { headers: { ...headers, ...key } })]);
          for (const each of asked) if (each.status === 'fulfilled') answers.push(each.value);
          return answers.length > 0;
        });
        return answers[0] as Response;
      },
      () => false,
    );
    await until('the model has sent some chunks', () => (simulator.log().at(-1)?.chunksSent ?? 0) > 30);
    await process.kill();
    process = await ServerProcess.start({ ...environment, PORT: port });
    const { events } = await reading;
    const [chat] = (await user.json<Page<Chat>>('GET', '/api/chats')).items;
    const [, saved] = await user.messages(chat?.id ?? '');
    expect(saved?.status).toBe('interrupted');
    expect(textIn(saved, 'text')).toBe(dataOf(events).join(''));
    expect(message.startsWith(dataOf(events).join(''))).toBe(true);
    expect(dataOf(events, 'error')).toHaveLength(1);
    expect(simulator.log()).toHaveLength(1);
    await process.kill();
    process = await ServerProcess.start({ ...environment, PORT: port, EVENT_RETENTION: '0s' });
    const pruned = { 'last-event-id': `${saved?.generationId}:2` };
    expect((await user.fetch(path, { headers: pruned })).status).toBe(204);
    // A reader that has seen nothing gets the stored text.
    const withIds = await readReconnecting(
      (headers) => user.fetch(path, { headers: { ...headers, ...key } }),
      ({ event }) => event === 'error',
    );
    expect(dataOf(withIds.events).join('')).toBe(dataOf(events).join(''));
    expect(simulator.log()).toHaveLength(1);
    await process.kill();
    await simulator.close();
    await rm(dataDir, { recursive: true });
  });
});
