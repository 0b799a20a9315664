import type { Chat, UsageReport } from '@millrace/protocol';
import { afterEach, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
afterEach(() => server.close());

interface Asked {
  systemInstruction?: { parts: { text: string }[] };
  contents: { parts: { text: string }[] }[];
  generationConfig: { maxOutputTokens: number; temperature?: number; thinkingConfig?: object };
}

/** The requests to the model, in order. */
function asked(): Asked[] {
  return server.simulator
    .log()
    .filter(({ method }) => method === 'streamGenerateContent')
    .map(({ body }) => body as Asked);
}

async function start(settings: Record<string, string> = {}): Promise<void> {
  server = await startTestServer({ CHAT_TITLES: 'on', SYSTEM_PROMPT: 'Be brief.', ...settings });
}

const titleOf = async (caller: Caller, chatId: string) =>
  (await caller.json<Chat>('GET', `/api/chats/${chatId}`)).title;

async function isCalled(caller: Caller, chatId: string, title: string): Promise<void> {
  await until(`the chat is called ${title}`, async () => (await titleOf(caller, chatId)) === title);
}

/** Waits until no reservation for a title is open, and its result is stored. */
async function isQuiet(caller: Caller): Promise<void> {
  await until('no reservation is open', async () => (await caller.me()).budget.reserved === 0);
}

test('after the first reply the chat’s model generates a short title, once, with temperature 0', async () => {
  await start();
  const ada = await server.guest();
  server.simulator.script([{ text: 'By water.' }, { text: '"How mills work."\n' }, { text: 'Yes.' }]);
  const { id: chatId } = await ada.createChat();
  await ada.send('PATCH', `/api/chats/${chatId}`, {
    settings: { thinking: 'high', temperature: 1.5, systemPrompt: 'Shout.' },
  });
  await ada.ask('How does a mill work?', chatId);
  await isCalled(ada, chatId, 'How mills work');
  const [, named] = asked();
  expect(named?.contents.map(({ parts }) => parts.map(({ text }) => text).join(''))).toEqual([
    'User:\nHow does a mill work?\n\nAssistant:\nBy water.\n\nTitle:',
  ]);
  expect(named?.systemInstruction?.parts[0]?.text).toMatch(/^You write titles of conversations\./);
  expect(named?.generationConfig).toMatchObject({
    maxOutputTokens: 512,
    temperature: 0.2,
    thinkingConfig: { thinkingLevel: 'low' },
  });
  await ada.ask('Really?', chatId);
  await isQuiet(ada);
  expect(asked()).toHaveLength(3);

  // The request for a title is not visible to users.
  expect((await ada.json<{ items: Chat[] }>('GET', '/api/chats')).items).toMatchObject([{ id: chatId }]);
  expect(await ada.messages(chatId)).toHaveLength(4);
});

test('a title has its own charge, which counts for the chat', async () => {
  await start();
  const admin = await server.user();
  const ada = await server.guest();
  server.simulator.script([{ text: 'By water.' }, { text: 'Mills' }]);
  const { meta } = await ada.ask('How does a mill work?');
  await isCalled(ada, meta.chatId, 'Mills');
  const billed = server.simulator.log().map((each) => each.billed);
  const sum = billed.reduce(
    (total, { promptTokens, outputTokens }) => total + promptTokens + outputTokens,
    0,
  );
  expect(billed[1]?.promptTokens).toBeGreaterThan(0);
  expect((await ada.me()).budget).toMatchObject({ used: sum, reserved: 0 });
  expect((await ada.json<UsageReport>('GET', '/api/usage')).chats).toMatchObject([
    { key: meta.chatId, title: 'Mills', replies: 2, tokens: sum },
  ]);
  expect(await admin.json('GET', '/api/admin/ledger/check')).toEqual({ balances: true, discrepancies: [] });
});

test('without a budget there is no title and no error', async () => {
  await start();
  const admin = await server.user();
  const guest = await server.guest();
  const { user } = await guest.me();
  await admin.json('PATCH', `/api/admin/users/${user.id}`, { limits: { tokens: 400 } });
  server.simulator.script([{ text: 'word '.repeat(200) }]);
  const { meta, last } = await guest.ask('one');
  expect(last).toMatchObject({ event: 'done' });
  await until('the title is refused', () =>
    server.logged.some(({ message }) => message === 'no title was made'),
  );
  expect(await titleOf(guest, meta.chatId)).toBe('one');
  expect(asked()).toHaveLength(1);
  expect((await guest.me()).budget.reserved).toBe(0);
});

test('a title given by a user stays, even while one is being generated', async () => {
  await start();
  const ada = await server.guest();
  const { id: mine } = await ada.json<Chat>('POST', '/api/chats', { title: 'Mine' });
  await ada.ask('one', mine);
  server.simulator.script([{ text: 'Two.' }, { chunks: ['Made ', 'late'], firstDelayMs: 300 }]);
  const { meta } = await ada.ask('two');
  await until('the model has the request for a title', () => asked().length === 3);
  await ada.send('PATCH', `/api/chats/${meta.chatId}`, { title: 'Mine too' });
  await isQuiet(ada);
  const ended = () => server.logged.filter(({ message }) => message === 'reply ended').length === 3;
  await until('the title has ended', ended);
  expect([await titleOf(ada, mine), await titleOf(ada, meta.chatId)]).toEqual(['Mine', 'Mine too']);
});

test('the next question doesn’t wait for a title, and an empty reply produces none', async () => {
  await start({ MAX_CONCURRENT_REPLIES: '1' });
  const ada = await server.guest();
  server.simulator.script(['503', { text: 'One.' }, { kind: 'hang' }, { text: 'Two.' }]);
  const { meta } = await ada.ask('one');
  await ada.send('POST', `/api/messages/${meta.assistantMessage.id}/regenerate`, {});
  await until('the model has the request for a title', () => asked().length === 3);
  expect((await ada.ask('two', meta.chatId)).text).toBe('Two.');
  expect(await titleOf(ada, meta.chatId)).toBe('one');
});

test('hidden chats get no title, and no chat does if the operator disables titles', async () => {
  await start();
  const ada = await server.user();
  const { key } = await ada.json<{ key: string }>('POST', '/api/keys', { name: 'mine' });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const messages = [{ role: 'user', content: 'Hi' }];
  const body = JSON.stringify({ model: 'gemini-3.8-flash', messages });
  expect((await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body })).status).toBe(
    200,
  );
  await isQuiet(ada);
  await ada.ask('the first after it');
  await until('the chat gets a title', () => asked().length === 3);
  expect(asked()[1]?.contents.at(-1)?.parts[0]?.text).toBe('the first after it');
  await isQuiet(ada);
  await server.close();

  await start({ CHAT_TITLES: 'off' });
  const eve = await server.guest();
  const first = await eve.ask('one');
  await eve.ask('two', first.meta.chatId);
  expect(asked()).toHaveLength(2);
});

test('followers of the chat receive its title', async () => {
  await start();
  const ada = await server.guest();
  server.simulator.script([{ text: 'By water.' }, { text: 'Mills' }]);
  const { id: chatId } = await ada.createChat();
  const leave = new AbortController();
  const channel = await ada.fetch(`/api/chats/${chatId}/events?after=0`, { signal: leave.signal });
  await ada.ask('How does a mill work?', chatId);
  let received = '';
  for await (const chunk of channel.body ?? []) {
    received += Buffer.from(chunk).toString();
    if (received.includes('"title":"Mills"')) break;
  }
  expect(received).toMatch(/event: chat\n(?:.*\n)?data: .*"title":"Mills"/);
  leave.abort();
});

test('the demo model gives a title that reflects the question', async () => {
  server = await startTestServer({ CHAT_TITLES: 'on', GEMINI_API_KEY: '', GEMINI_BASE_URL: '' });
  const ada = await server.guest();
  const { meta } = await ada.ask('Please tell me about the difference between TCP and UDP. I have an exam!');
  await isCalled(ada, meta.chatId, 'Difference between TCP and UDP');
  expect((await ada.me()).budget.reserved).toBe(0);
});
