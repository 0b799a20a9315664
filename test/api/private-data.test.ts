/** Private data of events stays in the server, whichever endpoint sends the events. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChatEvent } from '@millrace/protocol';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { QueuedLogWriter } from '../../server/src/adapters/event-log/queued-log-writer.ts';
import { Caller, readReply } from '../support/caller.ts';
import { sharedStorage } from '../support/shared-storage.ts';
import type { SharedStorage } from '../support/shared-storage.ts';
import { ModelGate } from '../support/model-gate.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const MARKER = 'secret-that-only-the-model-may-see';
const CHUNKS = ['The mill ', 'grinds ', 'on.'];
const TEXT = CHUNKS.join('');
const MODEL = 'gemini-3.8-flash';

interface OpenApi {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>;
}

/** A new chat, and a reply in it that has ended. */
interface Context {
  chatId: string;
  messageId: string;
  generationId: string;
}

/** Endpoints that send events, and requests of them, by their operation in the OpenAPI document. */
const ENDPOINTS: Record<string, (context: Context) => [method: string, path: string, body?: object][]> = {
  'POST /api/chats/{chatId}/messages': ({ chatId }) => [
    ['POST', `/api/chats/${chatId}/messages`, { content: 'Go on' }],
  ],
  'POST /api/messages/{messageId}/regenerate': ({ messageId }) => [
    ['POST', `/api/messages/${messageId}/regenerate`],
  ],
  'POST /api/messages/{messageId}/continue': ({ messageId }) => [
    ['POST', `/api/messages/${messageId}/continue`],
  ],
  'GET /api/generations/{generationId}/events': ({ generationId }) =>
    ['', '?after=1', '?after=2', '?after=5'].map((query) => [
      'GET',
      `/api/generations/${generationId}/events${query}`,
    ]),
  'GET /api/generations/{generationId}/stream': ({ generationId }) =>
    ['', '?offset=-1', '?offset=-1&live=sse', '?offset=-1&live=long-poll'].map((query) => [
      'GET',
      `/api/generations/${generationId}/stream${query}`,
    ]),
  'POST /api/chats/{chatId}/messages/stream': ({ chatId }) => [
    ['POST', `/api/chats/${chatId}/messages/stream`, { content: 'Go on' }],
  ],
  'POST /api/chat/stream': ({ chatId }) => [['POST', '/api/chat/stream', { message: 'Go on', chatId }]],
  'POST /api/chat/{chatId}/message': ({ chatId }) => [
    ['POST', `/api/chat/${chatId}/message`, { message: 'Go on' }],
  ],
  'GET /chat/stream': () => [['GET', '/chat/stream?message=Go%20on']],
  'POST /chat/stream': ({ chatId }) => [
    ['POST', '/chat/stream', { conversationId: chatId, message: 'Go on' }],
  ],
  'POST /api/ai-sdk/chat': () => [
    [
      'POST',
      '/api/ai-sdk/chat',
      {
        id: crypto.randomUUID(),
        messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Go on' }] }],
        trigger: 'submit-message',
      },
    ],
  ],
  'POST /v1/chat/completions': () =>
    [true, false].map((stream) => [
      'POST',
      '/v1/chat/completions',
      { model: MODEL, stream, messages: [{ role: 'user', content: 'Go on' }] },
    ]),
};

/** Endpoints whose streams don't end with a reply; they have their own tests below, or send no events of a log. */
const OTHERS = [
  'GET /api/chats/{chatId}/events',
  'GET /api/ai-sdk/chat/{name}/stream',
  'GET /api/diagnostics/stream',
];

let storage: SharedStorage;
let dataDir: string;
let gate: ModelGate;
let server: TestServer;
let caller: Caller;

beforeAll(async () => {
  storage = await sharedStorage();
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-private-'));
  const append: (this: QueuedLogWriter, event: ChatEvent | null, privateData: object) => void = Reflect.get(
    QueuedLogWriter.prototype,
    'append',
  );
  vi.spyOn(QueuedLogWriter.prototype, 'append').mockImplementation(function (this: QueuedLogWriter, event) {
    append.call(this, event, { signature: MARKER });
    const isLast = event?.event === 'done' || event?.event === 'error';
    if (!isLast) append.call(this, null, { responseId: MARKER });
  });
  gate = await ModelGate.start();
  server = await start();
  caller = await server.guest();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server.close();
  await gate.close();
  await storage.remove();
  await rm(dataDir, { recursive: true });
});

async function start(): Promise<TestServer> {
  const started = await startTestServer({
    ...storage.settings,
    DATA_DIR: dataDir,
    GEMINI_BASE_URL: gate.url,
  });
  gate.target = started.simulator.url;
  return started;
}

async function ask(): Promise<Context> {
  server.simulator.script([{ chunks: CHUNKS }]);
  const { meta, text } = await caller.ask('Go on');
  expect(text).toBe(TEXT);
  return { chatId: meta.chatId, messageId: meta.assistantMessage.id, generationId: meta.generationId };
}

/** All stored data, as text. */
async function stored(): Promise<string> {
  const url = storage.settings['DATABASE_URL'];
  if (url === undefined) {
    const files = (await readdir(dataDir)).filter((name) => name.startsWith('millrace.db'));
    return (await Promise.all(files.map((name) => readFile(join(dataDir, name), 'latin1')))).join('');
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('select events from event_segments');
  await client.end();
  return JSON.stringify(rows);
}

describe('private data', () => {
  test('is stored with the events', async () => {
    await ask();
    await vi.waitFor(async () => expect((await stored()).includes(MARKER)).toBe(true));
  });

  test('is tried with every operation that sends events', async () => {
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
    const streaming = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { responses }]) =>
          Object.values(responses).some(
            ({ content }) => content !== undefined && 'text/event-stream' in content,
          ),
        )
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    expect([...Object.keys(ENDPOINTS), ...OTHERS]).toEqual(expect.arrayContaining(streaming));
    expect(streaming.length).toBeGreaterThan(10);
  });

  test.each(Object.entries(ENDPOINTS))('is not in the answers of %s', async (_operation, requestsOf) => {
    for (const request of requestsOf(await ask())) {
      server.simulator.script([{ chunks: CHUNKS }]);
      const response = await caller.send(...request);
      expect(response.status, request[1]).toBe(200);
      const wire = await response.text();
      expect(wire, request[1]).toContain('grinds');
      expect(wire).not.toContain(MARKER);
      expect(wire).not.toMatch(/"?event"?: ?"?private/);
    }
  });

  test('is not in the channel of a chat', async () => {
    const { chatId } = await ask();
    const leave = new AbortController();
    const response = await caller.fetch(`/api/chats/${chatId}/events?after=0`, { signal: leave.signal });
    let wire = '';
    for await (const bytes of response.body ?? []) {
      wire += Buffer.from(bytes).toString();
      if (wire.includes('"completed"')) break;
    }
    expect(wire).not.toContain(MARKER);
  });

  test('is not in a resumed stream of the AI SDK, nor in the chat’s data afterwards', async () => {
    server.simulator.script([{ chunks: CHUNKS }]);
    gate.allow(1);
    const id = crypto.randomUUID();
    const messages = [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Go on' }] }];
    const leave = new AbortController();
    await caller.fetch('/api/ai-sdk/chat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, messages, trigger: 'submit-message' }),
      signal: leave.signal,
    });
    const resumed = await caller.fetch(`/api/ai-sdk/chat/${id}/stream`);
    gate.open();
    const wire = await resumed.text();
    leave.abort();
    expect(wire).toContain('grinds');
    const { chatId } = await ask();
    const answers = await Promise.all(
      [`/api/chats/${chatId}/messages`, `/api/chats/${chatId}/export`, `/api/ai-sdk/chat/${id}/messages`].map(
        async (path) => (await caller.fetch(path)).text(),
      ),
    );
    expect([wire, ...answers].join('')).not.toContain(MARKER);
  });

  test('leaves no gap: every cursor gets the rest of the text, live, after compaction and after a restart', async () => {
    const { generationId } = await ask();
    const { sequence: last } = (await caller.replay(generationId)).last;
    const check = async (by: Caller) => {
      const texts: string[] = [];
      for (let after = 0; after < last; after += 1) {
        const response = await by.fetch(`/api/generations/${generationId}/events?after=${after}`);
        expect(await response.clone().text()).not.toContain(MARKER);
        const rest = await readReply(response);
        expect(rest.last.sequence).toBe(last);
        texts.push(rest.text);
      }
      expect([...new Set(texts)]).toEqual([TEXT, 'grinds on.', 'on.', '']);
    };
    await check(caller);
    const { token } = caller;
    await server.close();
    server = await start();
    caller = new Caller(server.url, token);
    await check(caller);
  });
});
