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

/** Asks through a network that cuts. @returns the data of the unnamed events */
async function readThrough(cut: Cut, path = PATH) {
  server.simulator.script([{ chunks: CHUNKS }]);
  const gate = await ByteCuttingProxy.to(server.url, cut);
  const onGate = new Caller(gate.url, caller.token);
  const reading = await readReconnecting((headers) => onGate.fetch(path, { headers }), isDone);
  const { cuts } = gate;
  await gate.close();
  return { ...reading, cuts };
}

describe('a reader whose connection is cut', () => {
  const uncut = () => readThrough(() => null);

  test.each([1, 2, 6])(
    'after every %i events gets each event once, and the model is asked once',
    async (count) => {
      const whole = await uncut();
      server.simulator.reset();
      const { events, cuts } = await readThrough(afterEvents(count));
      expect(cuts).toBeGreaterThanOrEqual(Math.floor(whole.events.length / count) - 1);
      expect(dataOf(events)).toEqual(dataOf(whole.events));
      expect(server.simulator.log()).toHaveLength(1);
    },
  );

  test('at whatever byte of the stream gets each event once', async () => {
    const whole = await uncut();
    const expected = dataOf(whole.events);
    let readings = 1;
    // Chunks of HTTP and the head of the response are in it: longer than the stream.
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

  test('has its ids from the first event on, which has none but an id and how soon to come back', async () => {
    server.simulator.script([{ chunks: ['One'], firstDelayMs: 60_000 }]);
    const leave = new AbortController();
    const response = await caller.fetch(PATH, { signal: leave.signal });
    const { value } = (await response.body?.getReader().read()) ?? {};
    await until('the model was asked', () => server.simulator.log().length === 1);
    expect(Buffer.from(value ?? []).toString()).toMatch(/^id: \w{16}:1\nretry: 1000\n\n$/);
    leave.abort();
  });
});

async function ticketFor(message: string, chatId?: string): Promise<string> {
  const { ticket } = await caller.json<{ ticket: string }>('POST', '/api/tickets', { message, chatId });
  return ticket;
}

describe('a resume', () => {
  test('of all that there is is answered by 204, whatever came before', async () => {
    const { lastEventId } = await readThrough(() => null);
    const response = await caller.fetch(PATH, { headers: { 'last-event-id': lastEventId ?? '' } });
    expect(response.status).toBe(204);
    expect(server.simulator.log()).toHaveLength(1);
  });

  test.each([
    ['nonsense', 400, 'invalid_event_id'],
    ['0VbZShiBBYJk3RQE:2', 400, 'invalid_event_id'],
    ['0VbZShiBBYJk3RQE:2.0', 400, 'invalid_event_id'],
  ])('by the id %s is refused and asks nothing', async (id, status, code) => {
    const response = await caller.fetch(PATH, { headers: { 'last-event-id': id } });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
    expect(server.simulator.log()).toEqual([]);
  });

  test('of another user’s reply is refused, and so is a position beyond the end', async () => {
    const { lastEventId } = await readThrough(() => null);
    const headers = { 'last-event-id': lastEventId ?? '' };
    expect((await (await server.guest()).fetch(PATH, { headers })).status).toBe(400);
    const beyond = { 'last-event-id': headers['last-event-id'].replace(/\d+$/, '999') };
    expect((await caller.fetch(PATH, { headers: beyond })).status).toBe(409);
  });
});

describe('the chat', () => {
  const chats = async () => (await caller.json<Page<Chat>>('GET', '/api/chats')).items;

  test('is the caller’s own for this: made once, listed, and remembered', async () => {
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
    // Deleted, another one takes its place.
    await caller.send('DELETE', `/api/chats/${chat?.id}`);
    await (await caller.fetch('/chat/stream?message=Again')).text();
    expect((await chats()).map(({ id }) => id)).not.toContain(chat?.id);
  });

  test('is the one that conversationId names', async () => {
    const { id } = await caller.createChat();
    await (await caller.fetch(`${PATH}&conversationId=${id}`)).text();
    expect(await caller.messages(id)).toHaveLength(2);
    const foreign = await (await server.guest()).fetch(`${PATH}&conversationId=${id}`);
    expect(foreign.status).toBe(404);
  });

  test('isn’t made for a question that is refused', async () => {
    expect((await caller.fetch('/chat/stream?message=%20')).status).toBe(400);
    expect((await caller.fetch('/chat/stream')).status).toBe(400);
    expect(await chats()).toEqual([]);
  });
});

test('an Idempotency-Key makes asking twice ask once', async () => {
  const headers = { 'idempotency-key': 'one' };
  const texts = await Promise.all([1, 2].map(async () => (await caller.fetch(PATH, { headers })).text()));
  expect(texts[0]).toBe(texts[1]);
  expect((await caller.fetch('/chat/stream?message=Other', { headers })).status).toBe(422);
  expect(server.simulator.log()).toHaveLength(1);
});

test('a HEAD asks nothing', async () => {
  const response = await caller.fetch(PATH, { method: 'HEAD' });
  expect(response.status).toBe(405);
  expect(server.simulator.log()).toEqual([]);
});

test('an error is an event of that name, and then there is nothing left', async () => {
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
    ['typed into the address bar', { ...EVENT_STREAM, 'sec-fetch-site': 'none' }, 403],
    ['by what doesn’t say where it is from', EVENT_STREAM, 403],
  ])('sent %s is answered by %o: %i', async (_how, headers, status) => {
    const { cookie, connection } = await signUpInBrowser(server.url);
    const answer = await connection.send(PATH, { headers: { cookie, ...headers } });
    connection.close();
    expect(answer.status).toBe(status);
    expect(server.simulator.log()).toHaveLength(status === 200 ? 1 : 0);
  });

  test('isn’t needed with a token, and nothing else suffices', async () => {
    expect(await (await caller.fetch(PATH)).text()).toContain('[DONE]');
    expect((await fetch(server.url + PATH)).status).toBe(401);
  });
});

describe('a server that was killed', () => {
  test('goes on after its restart where the reader was, and asks no model again', async () => {
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
        // A connection breaks before its process is known to have ended.
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
    await until('the model speaks', () => (simulator.log().at(-1)?.chunksSent ?? 0) > 30);
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
    // Who has seen nothing gets what was kept.
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
