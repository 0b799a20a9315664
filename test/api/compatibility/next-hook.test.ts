import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Chat, Page } from '@millrace/protocol';
import type { Caller } from '../../support/caller.ts';
import { HandFedModel } from '../../support/hand-fed-model.ts';
import { readChunks } from '../../support/http-chunks.ts';
import { startTestServer } from '../../support/test-server.ts';
import type { TestServer } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

/** Sends one chunk and then stalls. */
const ENDLESS = { chunks: ['One ', 'two.'], fault: { kind: 'stall', afterChunks: 1 } } as const;
const AN_HOUR = { STOP_ON_DISCONNECT_AFTER: '1h' };

let server: TestServer;
let caller: Caller;
afterEach(() => server.close());

async function start(environment: Record<string, string>): Promise<void> {
  server = await startTestServer(environment);
  caller = await server.guest();
}

function ask(body: object, { signal, ...headers }: { signal?: AbortSignal; [name: string]: unknown } = {}) {
  return caller.fetch('/api/chat/stream', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** Sends a message whose reply never ends, and disconnects when the response has begun. */
async function askAndLeave(): Promise<string> {
  server.simulator.script([ENDLESS]);
  const leave = new AbortController();
  const response = await ask({ message: 'Count' }, { signal: leave.signal });
  expect(response.status).toBe(200);
  leave.abort();
  return response.headers.get('x-generation-id') ?? '';
}

const statusOf = async (generationId: string) => (await caller.generation(generationId)).status;

describe('a message', () => {
  beforeEach(() => start({}));

  const chats = async () => (await caller.json<Page<Chat>>('GET', '/api/chats')).items;
  const lastPrompt = () => JSON.stringify(server.simulator.log().at(-1)?.body);

  test('continues the conversation of earlier messages, in one chat that is created for them', async () => {
    await (await ask({ message: 'I am Ada' })).text();
    const second = await ask({ message: 'Who am I?' });
    await second.text();
    expect(lastPrompt()).toContain('I am Ada');
    expect((await chats()).map(({ id }) => id)).toEqual([second.headers.get('x-chat-id')]);
  });

  test('has no context with a null parentId, or with the chatId of another chat', async () => {
    await (await ask({ message: 'I am Ada' })).text();
    await (await ask({ message: 'Who am I?', parentId: null })).text();
    expect(lastPrompt()).not.toContain('I am Ada');
    const { id } = await caller.createChat();
    await (await ask({ message: 'And here?', chatId: id })).text();
    expect(lastPrompt()).not.toContain('I am Ada');
    expect(await caller.messages(id)).toHaveLength(2);
    const foreign = await (
      await server.guest()
    ).send('POST', '/api/chat/stream', { message: 'x', chatId: id });
    expect({ status: foreign.status, body: await foreign.json() }).toMatchObject({
      status: 404,
      body: { error: 'There is no such chat.' },
    });
  });

  test('answers under a reply of its chat that parentId names, and under no other message', async () => {
    const first = await ask({ message: 'I am Ada' });
    await first.text();
    const chatId = first.headers.get('x-chat-id') ?? '';
    await (await ask({ message: 'I am Eve', parentId: null })).text();
    const [question, reply] = await caller.messages(chatId);
    for (const chat of [{}, { chatId }]) {
      await (await ask({ message: 'Who am I?', parentId: reply?.id, ...chat })).text();
      expect(lastPrompt()).toContain('I am Ada');
      expect(lastPrompt()).not.toContain('I am Eve');
      expect((await caller.messages(chatId)).at(-2)?.parentId).toBe(reply?.id);
    }
    const elsewhere = await caller.ask('Hello');
    const refusals: [string | undefined, number, string][] = [
      [elsewhere.meta.assistantMessage.id, 404, 'not_found'],
      [question?.id, 400, 'invalid_request'],
      ['x', 400, 'invalid_request'],
    ];
    for (const [parentId, status, code] of refusals) {
      const refused = await ask({ message: 'Hi', parentId });
      expect({ status: refused.status, body: await refused.json() }).toMatchObject({
        status,
        body: { code },
      });
    }
    expect(await caller.messages(chatId)).toHaveLength(8);
  });

  test('repeated with its Idempotency-Key is one request to the model', async () => {
    const key = { 'idempotency-key': 'one' };
    const texts = await Promise.all([1, 2, 3].map(async () => (await ask({ message: 'Hello' }, key)).text()));
    expect(new Set(texts).size).toBe(1);
    expect(server.simulator.log()).toHaveLength(1);
    const mismatch = await ask({ message: 'Other' }, key);
    expect({ status: mismatch.status, body: await mismatch.json() }).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    });
  });
});

test('each event is one write of less than 1 KB, even if a chunk of the model is longer', async () => {
  await start({});
  server.simulator.script([{ chunks: ['a', 'b', 'c', '水🎨'.repeat(500), '\u0001'.repeat(1000)] }]);
  const { token } = caller;
  const { status, chunks } = await readChunks(server.url, {
    method: 'POST',
    path: '/api/chat/stream',
    token,
    body: { message: 'Hi' },
  });
  expect(status).toBe(200);
  expect(chunks.length).toBeGreaterThan(15);
  const [first, ...rest] = chunks;
  expect(first).toMatch(/^id: \w{16}:1\n\n$/);
  for (const chunk of rest) {
    expect(chunk).toMatch(/^data: \{.+\}\n\nid: \w{16}:\d+(\.\d+)?\n\n$/);
    expect(Buffer.byteLength(chunk)).toBeLessThan(1024);
    expect(chunk).not.toContain('\ufffd');
  }
});

describe('a reply whose response is closed', () => {
  test('is stopped after STOP_ON_DISCONNECT_AFTER, at the model too', async () => {
    await start({ STOP_ON_DISCONNECT_AFTER: '200ms' });
    const generationId = await askAndLeave();
    await until('the reply is stopped', async () => (await statusOf(generationId)) === 'stopped');
    expect(server.simulator.log()).toMatchObject([{ closedByClientAt: expect.any(Number) }]);
  });

  test('continues when a reader resumes it in time', async () => {
    await start({ STOP_ON_DISCONNECT_AFTER: '300ms' });
    const leave = new AbortController();
    let asked = 0;
    let generationId = '';
    // On a busy machine a reader can come too late. Then another reply is asked for.
    await until('a reader has resumed a reply in time', async () => {
      generationId = await askAndLeave();
      asked += 1;
      const resumed = await ask(
        { message: 'Count' },
        { 'last-event-id': `${generationId}:1`, signal: leave.signal },
      );
      const { value } = (await resumed.body?.getReader().read()) ?? {};
      expect(Buffer.from(value ?? []).toString()).toContain('data: {"text": "One "}');
      return (await statusOf(generationId)) === 'running';
    });
    // Meanwhile another reply without a reader is stopped.
    const other = await askAndLeave();
    await until('the other reply is stopped', async () => (await statusOf(other)) === 'stopped');
    expect(await statusOf(generationId)).toBe('running');
    expect(server.simulator.log()).toHaveLength(asked + 1);
    leave.abort();
  });

  test('continues if another endpoint started it', async () => {
    await start({ STOP_ON_DISCONNECT_AFTER: '100ms' });
    server.simulator.script([ENDLESS]);
    const { id } = await caller.createChat();
    const leave = new AbortController();
    const native = await caller.fetch(`/api/chats/${id}/messages/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: 'Count' }),
      signal: leave.signal,
    });
    await until('the model has the request', () => server.simulator.log().length === 1);
    leave.abort();
    const generationId = native.headers.get('x-generation-id') ?? '';
    const other = await askAndLeave();
    await until('the other reply is stopped', async () => (await statusOf(other)) === 'stopped');
    expect(await statusOf(generationId)).toBe('running');
  });
});

describe('the head of a response is delayed until the first token', () => {
  test('and is a 502 when the model fails before it', async () => {
    await start({});
    server.simulator.script(['503']);
    const response = await ask({ message: 'Hello' });
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 502,
      body: { error: expect.stringMatching(/\w/), code: 'model_failed' },
    });
  });

  test('while the model thinks, without loss of text', async () => {
    const model = await HandFedModel.start();
    await start({ GEMINI_BASE_URL: model.url, ...AN_HOUR });
    let hasAnswered = false;
    const asking = ask({ message: 'Hello' }).then((response) => {
      hasAnswered = true;
      return response;
    });
    await until('the model has the request', () => model.isAsked);
    const say = (text: string, thought = false) =>
      model.say(
        `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text, thought }] } }] })}\r\n\r\n`,
      );
    say('Let me think.', true);
    const [chat] = (await caller.json<Page<Chat>>('GET', '/api/chats')).items;
    const [, answer] = await caller.messages(chat?.id ?? '');
    const native = await caller.fetch(`/api/generations/${answer?.generationId}/events`);
    const reader = native.body?.getReader();
    let seen = '';
    while (!seen.includes('Let me think.'))
      seen += Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(hasAnswered).toBe(false);
    say('One ');
    const response = await asking;
    say('two.');
    model.end();
    const text = await response.text();
    expect([...text.matchAll(/"text": "([^"]*)"/g)].map(([, piece]) => piece)).toEqual(['One ', 'two.']);
    expect(response.status).toBe(200);
    await model.close();
  });

  test('and a client that disconnects meanwhile counts as disconnected', async () => {
    // The model never answers, and its silence is no reason to close the request.
    await start({ STOP_ON_DISCONNECT_AFTER: '200ms', MODEL_IDLE_TIMEOUT: '1d' });
    server.simulator.script(['hang']);
    const leave = new AbortController();
    const asking = ask({ message: 'Hello' }, { signal: leave.signal }).catch((error: unknown) => error);
    await until('the model has the request', () => server.simulator.log().length === 1);
    leave.abort();
    expect(await asking).toMatchObject({ name: 'AbortError' });
    await until(
      'the request to the model is closed',
      () => server.simulator.log()[0]?.closedByClientAt !== undefined,
    );
  });
});
