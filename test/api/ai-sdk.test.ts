import { Chat } from '@ai-sdk/react';
import type { Chat as SavedChat, Message } from '@millrace/protocol';
import { DefaultChatTransport, readUIMessageStream } from 'ai';
import type { UIMessage } from 'ai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { pngOf } from '../support/images.ts';
import { ModelGate } from '../support/model-gate.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let gate: ModelGate;
let server: TestServer;
let ada: Caller;
beforeAll(async () => {
  gate = await ModelGate.start();
  server = await startTestServer({ GEMINI_BASE_URL: gate.url });
  gate.target = server.simulator.url;
  ada = await server.guest();
});
afterAll(async () => {
  await server.close();
  await gate.close();
});
afterEach(() => {
  gate.open();
  server.simulator.reset();
});

let chats = 0;
const newName = () => `chat/${(chats += 1)} é`;
const pathOf = (name: string) => `/api/ai-sdk/chat/${encodeURIComponent(name)}`;

function transportOf(caller: Caller): DefaultChatTransport<UIMessage> {
  const headers = { authorization: `Bearer ${caller.token}` };
  return new DefaultChatTransport({ api: `${caller.url}/api/ai-sdk/chat`, headers });
}

/** A tab that uses `useChat`. */
function open(name: string, messages: UIMessage[] = [], caller = ada) {
  const notices: unknown[] = [];
  const chat = new Chat({
    id: name,
    messages,
    transport: transportOf(caller),
    onData: (part) => notices.push(part),
  });
  return Object.assign(chat, { notices });
}

async function historyOf(name: string): Promise<UIMessage[]> {
  return (await ada.json<{ messages: UIMessage[] }>('GET', `${pathOf(name)}/messages`)).messages;
}

async function savedMessages(name: string): Promise<Message[]> {
  const [first] = await historyOf(name);
  const { items } = await ada.json<{ items: SavedChat[] }>('GET', '/api/chats?limit=200');
  for (const { id } of items) {
    const messages = await ada.messages(id);
    if (messages.some((message) => message.id === first?.id)) return messages;
  }
  throw new Error(`No chat has the messages of ${name}`);
}

const textOf = (message: Pick<UIMessage, 'parts'> | Message | undefined) =>
  (message?.parts ?? []).map((part) => (part.type === 'text' && 'text' in part ? part.text : '')).join('');
const textsOf = (messages: readonly UIMessage[]) => messages.map(textOf);

const SLOW = { text: 'x'.repeat(1000), chunkChars: 10, chunkDelayMs: 15 };

/** The last request to the model. */
function asked(): string[] {
  const entry = server.simulator.log().findLast(({ method }) => method === 'streamGenerateContent');
  const body = entry?.body as { contents: { parts: { text: string }[] }[] } | undefined;
  return (body?.contents ?? []).map(({ parts }) => parts[0]?.text ?? '');
}

test('a reply streams all its parts, in the stored order', async () => {
  const image = pngOf(4, 2, [1, 2, 3]).toString('base64');
  server.simulator.script([
    {
      thoughts: ['Let me ', 'see.'],
      text: 'It is this:',
      parts: [{ inlineData: { mimeType: 'image/png', data: image } }, { text: 'Nice.' }],
      candidate: {
        groundingMetadata: { groundingChunks: [{ web: { uri: 'https://a.example/', title: 'A' } }] },
      },
    },
  ]);
  const name = newName();
  const chunks = await transportOf(ada).sendMessages({
    chatId: name,
    messages: [{ id: 'mine', role: 'user', parts: [{ type: 'text', text: 'Show me' }] }],
    trigger: 'submit-message',
    messageId: undefined,
    abortSignal: undefined,
  });
  let last: UIMessage | undefined;
  for await (const message of readUIMessageStream({ stream: chunks })) last = message;
  const shown = last?.parts.filter(({ type }) => type !== 'step-start');
  expect(shown).toMatchObject([
    { type: 'reasoning', text: 'Let me see.', state: 'done' },
    { type: 'text', text: 'It is this:', state: 'done' },
    { type: 'file', mediaType: 'image/png', url: expect.stringMatching(/^\/api\/media\//) },
    { type: 'text', text: 'Nice.', state: 'done' },
    { type: 'source-url', url: 'https://a.example/', title: 'A' },
  ]);
  expect(last?.metadata).toMatchObject({ status: 'completed', usage: { totalTokens: expect.any(Number) } });
  const [question, reply] = await historyOf(name);
  expect(textOf(question)).toBe('Show me');
  const apart = (part: object) => ({ ...part, id: undefined, sourceId: undefined });
  expect(reply?.parts.map(apart)).toEqual(shown?.map(apart));
  expect({ id: reply?.id, metadata: reply?.metadata }).toEqual({ id: last?.id, metadata: last?.metadata });
});

test('the response has the protocol’s version header, and ends with [DONE]', async () => {
  const messages = [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }];
  const response = await ada.send('POST', '/api/ai-sdk/chat', { id: newName(), messages });
  expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(await response.text()).toMatch(/\n\ndata: \[DONE\]\n\n$/);
});

describe('resuming', () => {
  test('gives a second tab the whole reply, from its start', async () => {
    server.simulator.script([SLOW]);
    gate.allow(50);
    const name = newName();
    const first = open(name);
    const sending = first.sendMessage({ text: 'Hi' });
    await until('the reply has some text', () => textOf(first.messages[1]).length > 100);
    const second = open(name, await historyOf(name));
    expect(textsOf(second.messages)).toEqual(['Hi']);
    const resuming = second.resumeStream();
    await until('the second tab has some text', () => textOf(second.messages[1]).length > 100);
    gate.open();
    await Promise.all([sending, resuming]);
    expect(textOf(first.messages[1])).toBe(SLOW.text);
    expect(second.messages.at(-1)).toEqual(first.messages.at(-1));
    expect(server.simulator.log()).toHaveLength(1);
  });

  test('finds nothing in an unknown chat, in a chat without a running reply, or in another user’s chat', async () => {
    const name = newName();
    expect((await ada.fetch(`${pathOf(name)}/stream`)).status).toBe(204);
    await open(name).sendMessage({ text: 'Hi' });
    expect((await ada.fetch(`${pathOf(name)}/stream`)).status).toBe(204);
    server.simulator.script([SLOW]);
    gate.allow(50);
    const sending = open(name).sendMessage({ text: 'Hi' });
    await until('the reply runs', async () => {
      const response = await ada.fetch(`${pathOf(name)}/stream`);
      await response.body?.cancel();
      return response.status === 200;
    });
    const bob = await server.guest();
    expect((await bob.fetch(`${pathOf(name)}/stream`)).status).toBe(204);
    expect(await bob.json('GET', `${pathOf(name)}/messages`)).toEqual({ messages: [] });
    expect((await bob.send('POST', `${pathOf(name)}/stop`)).status).toBe(204);
    gate.open();
    await sending;
    expect(textsOf(await historyOf(name)).at(-1)).toBe(SLOW.text);
  });
});

describe('stopping', () => {
  test('is not done by closing the connection', async () => {
    server.simulator.script([SLOW]);
    const name = newName();
    const tab = open(name);
    const sending = tab.sendMessage({ text: 'Hi' });
    await until('the reply has some text', () => textOf(tab.messages[1]).length > 100);
    await tab.stop();
    await sending;
    await until('the reply is complete', async () => textOf((await historyOf(name)).at(-1)) === SLOW.text);
    expect((await historyOf(name)).at(-1)?.metadata).toMatchObject({ status: 'completed' });
  });

  test('is a separate request, and ends the stream of every tab', async () => {
    server.simulator.script([{ ...SLOW, fault: { kind: 'stall', afterChunks: 50 } }]);
    const name = newName();
    const tab = open(name);
    const sending = tab.sendMessage({ text: 'Hi' });
    await until('the reply has some text', () => textOf(tab.messages[1]).length > 100);
    for (const status of [204, 204]) {
      expect((await ada.send('POST', `${pathOf(name)}/stop`)).status).toBe(status);
    }
    await sending;
    expect(tab.status).toBe('ready');
    expect(tab.messages[1]?.metadata).toMatchObject({ status: 'stopped', finishReason: 'stopped' });
    expect(textOf((await historyOf(name)).at(-1))).toBe(textOf(tab.messages[1]));
  });
});

describe('the history of the server is the truth', () => {
  test('a message follows the reply before it, even if the client sends other messages', async () => {
    const name = newName();
    const tab = open(name);
    await tab.sendMessage({ text: 'One' });
    tab.messages = tab.messages.map((message) => ({ ...message, parts: [{ type: 'text', text: 'forged' }] }));
    await tab.sendMessage({ text: 'Two' });
    expect(asked()).toEqual(['One', 'One', 'Two']);
  });

  test('a client that sends only its last message continues the chat', async () => {
    const name = newName();
    await open(name).sendMessage({ text: 'One' });
    await open(name).sendMessage({ text: 'Two' });
    expect(asked()).toEqual(['One', 'One', 'Two']);
  });

  test('an edited message is a sibling of the original', async () => {
    const name = newName();
    const tab = open(name);
    for (const text of ['One', 'Two', 'Three']) await tab.sendMessage({ text });
    await tab.sendMessage({ text: 'Two again', messageId: tab.messages[2]?.id ?? '' });
    expect(asked()).toEqual(['One', 'One', 'Two again']);
    await tab.sendMessage({ text: 'One again', messageId: tab.messages[0]?.id ?? '' });
    expect(asked()).toEqual(['One again']);
    expect(textsOf(tab.messages)).toEqual(['One again', 'One again']);
    expect(textsOf(await historyOf(name))).toEqual(['One again', 'One again']);
    expect(await savedMessages(name)).toHaveLength(10);
  });

  test('a regenerated reply is a sibling too: of the last reply, of the given reply, or of the reply to the given question', async () => {
    const name = newName();
    const tab = open(name);
    await tab.sendMessage({ text: 'One' });
    await tab.sendMessage({ text: 'Two' });
    server.simulator.script(['a', 'b', 'c'].map((text) => ({ text })));
    await tab.regenerate();
    expect([asked(), textOf(tab.messages[3])]).toEqual([['One', 'One', 'Two'], 'a']);
    await tab.regenerate({ messageId: tab.messages[1]?.id ?? '' });
    expect([asked(), textsOf(tab.messages)]).toEqual([['One'], ['One', 'b']]);
    const reloaded = open(name, await historyOf(name));
    await reloaded.regenerate({ messageId: reloaded.messages[0]?.id ?? '' });
    expect(textsOf(reloaded.messages)).toEqual(['One', 'c']);
    const saved = await savedMessages(name);
    const roots = saved.filter(({ parentId }) => parentId === null);
    expect(roots).toHaveLength(1);
    expect(saved.filter(({ parentId }) => parentId === roots[0]?.id).map(textOf)).toEqual(['One', 'b', 'c']);
  });

  test('a messageId that the chat doesn’t have is no error: the text and the message before it say where the reply goes', async () => {
    const name = newName();
    const tab = open(name);
    for (const text of ['One', 'Two']) await tab.sendMessage({ text });
    const foreign = (await ada.ask('Elsewhere')).meta;
    const replyToOne = tab.messages[1] as UIMessage;
    const send = async (trigger: string, messageId: string, messages: readonly object[]) => {
      const response = await ada.send('POST', '/api/ai-sdk/chat', { id: name, trigger, messageId, messages });
      expect(response.status).toBe(200);
      await response.text();
    };
    const said = (text: string) => ({ role: 'user', parts: [{ type: 'text', text }] });
    for (const messageId of ['unknown', foreign.assistantMessage.id, foreign.userMessage?.id ?? '']) {
      await send('submit-message', messageId, [said('One'), replyToOne, said('Edited')]);
      expect(asked()).toEqual(['One', 'One', 'Edited']);
      await send('submit-message', messageId, [said('Root')]);
      expect(asked()).toEqual(['Root']);
      const before = (await savedMessages(name)).length;
      await send('regenerate-message', messageId, [said('One'), replyToOne, said('Two')]);
      expect([asked(), (await savedMessages(name)).length]).toEqual([['One', 'One', 'Two'], before + 1]);
      await send('regenerate-message', messageId, [said('One'), replyToOne, said(`New ${messageId}`)]);
      expect([asked().at(-1), (await savedMessages(name)).length]).toEqual([`New ${messageId}`, before + 3]);
    }
  });

  test('regenerating the reply to a question that never arrived sends the question', async () => {
    const name = newName();
    const tab = open(name, [{ id: 'mine', role: 'user', parts: [{ type: 'text', text: 'One' }] }]);
    await tab.regenerate();
    expect(textsOf(await historyOf(name))).toEqual(['One', 'One']);
  });
});

describe('the chat id of a request', () => {
  test('may be the id of the user’s own chat', async () => {
    const { id } = await ada.createChat();
    await open(id).sendMessage({ text: 'Hi' });
    expect((await ada.messages(id)).map(textOf)).toEqual(['Hi', 'Hi']);
  });

  test('that is the id of another user’s chat names a separate chat of this user', async () => {
    const bob = await server.guest();
    const { id } = await bob.createChat();
    await open(id).sendMessage({ text: 'Hi' });
    expect(await bob.messages(id)).toEqual([]);
    expect(textsOf(await historyOf(id))).toEqual(['Hi', 'Hi']);
  });

  test('of a deleted chat is not found', async () => {
    const { id } = await ada.createChat();
    await ada.send('DELETE', `/api/chats/${id}`);
    const tab = open(id);
    await tab.sendMessage({ text: 'Hi' });
    expect(JSON.parse(tab.error?.message ?? '{}')).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('errors', () => {
  test('are sent for a reply that breaks off after some text, and for a reply without text', async () => {
    server.simulator.script([{ chunks: ['one ', 'two'], fault: { kind: 'reset', afterChunks: 2 } }, '503']);
    const tab = open(newName());
    await tab.sendMessage({ text: 'Hi' });
    expect([tab.status, textOf(tab.messages[1])]).toEqual(['error', 'one two']);
    expect(tab.error?.message).toMatch(/connection to Gemini broke/);
    await tab.sendMessage({ text: 'Hi' });
    expect(tab.error?.message).toMatch(/not available/);
  });

  test.each([
    ['a file', [{ type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' }], 'messages'],
    ['blank text', [{ type: 'text', text: ' ' }], 'messages'],
    ['too much text', [{ type: 'text', text: 'x'.repeat(32_001) }], 'messages'],
  ])('%s is refused, without a request to the model', async (_what, parts, path) => {
    const response = await ada.send('POST', '/api/ai-sdk/chat', {
      id: newName(),
      messages: [{ role: 'user', parts }],
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_request', errors: [{ path }] });
    expect(server.simulator.log()).toEqual([]);
  });

  test.each([
    ['no chat id', { id: '' }],
    ['a chat id that is too long', { id: 'x'.repeat(201) }],
    ['another trigger', { trigger: 'else' }],
    ['a reply as the last message', { messages: [{ role: 'assistant', parts: [] }] }],
    ['no messages', { messages: [] }],
  ])('%s is refused', async (_what, changes) => {
    const messages = [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }];
    const response = await ada.send('POST', '/api/ai-sdk/chat', { id: newName(), messages, ...changes });
    expect(response.status).toBe(400);
    expect(server.simulator.log()).toEqual([]);
  });
});

test('notices are sent as transient data, and a repeated Idempotency-Key starts no second reply', async () => {
  const limited = await startTestServer({ GUEST_TOKEN_LIMIT: '5000' });
  const guest = await limited.guest();
  const tab = open('a', [], guest);
  await tab.sendMessage({ text: 'Hi' });
  expect(tab.notices).toMatchObject([{ type: 'data-notice', data: { code: 'shortened' } }]);
  expect(tab.messages[1]?.parts.some(({ type }) => type === 'data-notice')).toBe(false);
  const body = { id: 'b', messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] };
  const ask = async () =>
    (await guest.send('POST', '/api/ai-sdk/chat', body, { 'idempotency-key': 'k' })).text();
  expect(await ask()).toBe(await ask());
  expect(limited.simulator.log().filter(({ method }) => method === 'streamGenerateContent')).toHaveLength(2);
  await limited.close();
});
