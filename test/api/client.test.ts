import { ApiError, createChatClient } from '@millrace/client';
import { createAdministration } from '@millrace/client/administration';
import { createChatStore } from '@millrace/client/state';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let server: TestServer;
beforeAll(
  async () => void (server = await startTestServer({}, { pace: { chunkDelayMs: 2, chunkChars: 20 } })),
);
afterAll(() => server.close());

async function someone() {
  const { token } = await server.guest();
  return { baseUrl: server.url, token };
}

async function signedIn() {
  return createChatClient(await someone());
}

test('the client creates a chat, streams a reply, and reads it again', async () => {
  const client = await signedIn();
  const chat = await client.createChat();
  let text = '';
  for await (const event of client.sendMessage(chat.id, { content: 'Hello, mill! '.repeat(20) })) {
    if (event.event === 'delta') text += event.data.text;
  }
  expect(text).toBe('Hello, mill! '.repeat(20));
  const { items } = await client.listMessages(chat.id);
  expect(items[1]).toMatchObject({ status: 'completed', parts: [{ type: 'text', text }] });
  expect((await client.me()).budget.used).toBeGreaterThan(0);
});

test('the client throws the server’s problem as an error with its code', async () => {
  const client = await signedIn();
  const refusal = client.getChat('01a1fc0e-6edd-74f3-941c-b65066f8e05b');
  await expect(refusal).rejects.toBeInstanceOf(ApiError);
  await expect(refusal).rejects.toMatchObject({ status: 404, code: 'not_found' });
});

test('the client reads usage, sets the user’s cap, and manages other users', async () => {
  const admin = createAdministration({ baseUrl: server.url, token: (await server.user()).token });
  const options = await someone();
  const client = createChatClient(options);
  const chat = await client.createChat({ title: 'Mills' });
  for await (const _event of client.sendMessage(chat.id, { content: 'Hello' }));
  const report = await client.usage();
  expect(report.chats).toMatchObject([{ key: chat.id, title: 'Mills', tokens: report.budget.used }]);
  const { user, budget } = await client.updateMe({ cap: 5000 });
  expect(budget.limit).toBe(5000);

  expect((await admin.listUsers()).items.map((account) => account.user.id)).toContain(user.id);
  expect((await admin.updateUser(user.id, { limits: { costMicros: 70 } })).limits.costMicros).toBe(70);
  expect((await admin.grant(user.id, { tokens: 7, note: 'gift' })).budget.granted).toBe(7);
  expect((await admin.getUser(user.id)).budget.cap).toBe(5000);
  expect((await admin.userUsage(user.id)).days).toEqual(report.days);
  await admin.deleteUser(user.id);
  expect((await admin.listAudit({ limit: 1 })).items).toMatchObject([
    { action: 'user_deleted', subjectId: user.id, subjectName: null, actorName: 'Ada' },
  ]);
  expect(await admin.checkLedger()).toEqual({ balances: true, discrepancies: [] });
  await expect(createAdministration(options).listUsers()).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('the store of the React hook sends a question, shows the growing reply, and stops it', async () => {
  const client = await signedIn();
  const chat = await client.createChat();
  const store = createChatStore(client, chat.id);
  const unsubscribe = store.subscribe(() => undefined);
  await until('the chat is loaded', () => store.getSnapshot().status === 'idle');
  await store.send('word '.repeat(2000));
  await until('the reply has some text', () => {
    const part = store.getSnapshot().messages[1]?.parts[0];
    return part?.type === 'text' && part.text.length > 50;
  });
  await store.stop();
  await until('the reply has stopped', () => store.getSnapshot().messages[1]?.status === 'stopped');
  const { items } = await client.listMessages(chat.id);
  expect(items[1]).toMatchObject({ status: 'stopped', parts: store.getSnapshot().messages[1]?.parts });
  unsubscribe();
});
