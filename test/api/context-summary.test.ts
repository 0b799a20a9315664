import { afterEach, expect, test } from 'vitest';
import type { Message, UsageReport } from '@millrace/protocol';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
afterEach(() => server.close());

interface Asked {
  systemInstruction?: { parts: { text: string }[] };
  contents: { role: string; parts: { text: string }[] }[];
}

/** The requests to the model, in order. */
function asked(): { system: string; turns: string[] }[] {
  return server.simulator
    .log()
    .filter(({ method }) => method === 'streamGenerateContent')
    .map(({ body }) => {
      const { systemInstruction, contents } = body as Asked;
      const textIn = ({ parts }: { parts: { text: string }[] }) => parts.map(({ text }) => text).join('');
      return { system: systemInstruction ? textIn(systemInstruction) : '', turns: contents.map(textIn) };
    });
}

async function summariesOf(caller: Caller, chatId: string, count: number): Promise<Message[]> {
  const ended = async () =>
    (await caller.messages(chatId)).filter(({ role, status }) => role === 'system' && status !== 'running');
  await until('the summaries have ended', async () => (await ended()).length === count);
  return ended();
}

const SETTINGS = { CONTEXT_SUMMARY: 'on', CONTEXT_MESSAGES: '4', SYSTEM_PROMPT: 'Be brief.' };

test('messages that no longer fit into the context are summarized after a reply, and the summary is sent with later questions', async () => {
  server = await startTestServer(SETTINGS);
  const ada = await server.guest();
  server.simulator.script([
    { text: 'Hello Ada.' },
    { text: 'Noted: blue.' },
    { text: 'The user is called Ada.' },
    { text: 'You are Ada.' },
  ]);
  const { meta } = await ada.ask('I am Ada.');
  const { chatId } = meta;
  await ada.ask('I like blue.', chatId);
  const [summary] = await summariesOf(ada, chatId, 1);
  expect(asked()[2]).toMatchObject({ turns: ['User:\nI am Ada.\n\nAssistant:\nHello Ada.'] });

  await ada.ask('Who am I?', chatId);
  expect(asked()[3]?.turns).toEqual(['I like blue.', 'Noted: blue.', 'Who am I?']);
  expect(asked()[3]?.system).toMatch(/^Be brief\.\n\n.*\nThe user is called Ada\.$/s);

  // The summary has its own charge, in addition to the replies'.
  expect(summary).toMatchObject({ parentId: meta.assistantMessage.id, usageSource: 'provider' });
  expect(summary?.tokensUsed).toBeGreaterThan(0);
  await summariesOf(ada, chatId, 2);
  const replies = (await ada.messages(chatId)).filter(({ tokensUsed }) => tokensUsed !== null);
  const sum = replies.reduce((total, { tokensUsed }) => total + (tokensUsed ?? 0), 0);
  expect(replies).toHaveLength(5);
  expect((await ada.me()).budget).toMatchObject({ used: sum, reserved: 0 });
  expect((await ada.json<UsageReport>('GET', '/api/usage')).chats).toMatchObject([
    { key: chatId, replies: 5, tokens: sum },
  ]);
});

test('a question doesn’t wait for a running or failing summary', async () => {
  server = await startTestServer(SETTINGS);
  const ada = await server.guest();
  server.simulator.script([{}, {}, { kind: 'hang' }, { text: 'Here.' }]);
  const { meta } = await ada.ask('one');
  await ada.ask('two', meta.chatId);
  await until('the model has the request for a summary', () => asked().length === 3);
  const reply = await ada.ask('three', meta.chatId);
  expect(reply.text).toBe('Here.');
  expect(asked()[3]?.turns).toHaveLength(3);
});

test('no chat is summarized unless the operator enables it', async () => {
  server = await startTestServer({ CONTEXT_MESSAGES: '1' });
  const ada = await server.guest();
  const { meta } = await ada.ask('one');
  await ada.ask('two', meta.chatId);
  await ada.ask('three', meta.chatId);
  expect(asked()).toHaveLength(3);
  expect((await ada.messages(meta.chatId)).map(({ role }) => role)).not.toContain('system');
});

test('without a budget there is no summary, and replies continue without one', async () => {
  server = await startTestServer({ ...SETTINGS, CONTEXT_MESSAGES: '1' });
  const admin = await server.user();
  const guest = await server.guest();
  const { user } = await guest.me();
  const { meta } = await guest.ask('one');
  await summariesOf(guest, meta.chatId, 1);
  const { used } = (await guest.me()).budget;
  await admin.json('PATCH', `/api/admin/users/${user.id}`, { limits: { tokens: used + 310 } });
  server.simulator.script([{ text: 'word '.repeat(120) }]);
  expect((await guest.ask('two', meta.chatId)).last).toMatchObject({ event: 'done' });
  const refused = () => server.logged.some(({ message }) => message === 'no summary was made');
  await until('the summary is refused', refused);
  expect((await guest.messages(meta.chatId)).filter(({ role }) => role === 'system')).toHaveLength(1);
});
