import { afterEach, expect, test } from 'vitest';
import { readReply } from '../support/caller.ts';
import type { ReadReply } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

const QUESTION = 'What is a millrace?';
const ANSWER = `A channel 水車 for water 🎡. ${'It leads to the wheel. '.repeat(20)}`;

let server: TestServer;
afterEach(() => server.close());

const asked = () => server.simulator.log().filter(({ method }) => method === 'streamGenerateContent').length;

function noticesOf({ events }: ReadReply): string[] {
  return events.flatMap((event) => (event.event === 'notice' ? [event.data.code] : []));
}

test('a repeated question gets the cached reply as a stream, marked as cached, at no cost', async () => {
  server = await startTestServer({ REPLY_CACHE_TTL: '1h' });
  server.simulator.script([{ thoughts: ['Water…'], text: ANSWER }]);
  const [ada, bea] = [await server.guest(), await server.guest()];
  const first = await ada.ask(QUESTION);
  expect(first.text).toBe(ANSWER);
  const again = await bea.ask(`  ${QUESTION}\n`);
  expect(again.text).toBe(ANSWER);
  expect(again.thoughts).toBe('Water…');
  expect(noticesOf(again)).toEqual(['cached']);
  expect(noticesOf(first)).toEqual([]);
  expect(again.last).toMatchObject({
    event: 'done',
    data: {
      status: 'completed',
      tokensUsed: 0,
      costMicros: 0,
      usageSource: 'provider',
      message: { cached: true, usage: null },
    },
  });
  expect(asked()).toBe(1);
  expect((await bea.me()).budget).toMatchObject({ used: 0, reserved: 0, cost: { used: 0, reserved: 0 } });

  const [, saved] = await bea.messages(again.meta.chatId);
  expect(saved).toMatchObject({ cached: true, tokensUsed: 0, costMicros: 0, status: 'completed' });
  expect((await bea.replay(again.meta.generationId)).text).toBe(ANSWER);
  const [, original] = await ada.messages(first.meta.chatId);
  expect(original?.cached).toBe(false);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^millrace_cached_replies_total 1$/m);
});

test('a cached reply is sent even if the budget is spent', async () => {
  server = await startTestServer({ REPLY_CACHE_TTL: '1h', GUEST_TOKEN_LIMIT: '10' });
  const admin = await server.user();
  await admin.ask(QUESTION);
  const guest = await server.guest();
  const chat = await guest.createChat();
  const path = `/api/chats/${chat.id}/messages`;
  expect((await guest.send('POST', path, { content: 'Something else?' })).status).toBe(403);
  const reply = await readReply(await guest.send('POST', path, { content: QUESTION }));
  expect(reply.last).toMatchObject({ event: 'done', data: { tokensUsed: 0 } });
});

test.each([
  ['the question continues a chat', (chatId: string) => ({ path: `/api/chats/${chatId}/messages` })],
  ['another model is selected', () => ({ model: 'gemini-3.5-flash' })],
] as [string, (chatId: string) => { path?: string; model?: string }][])(
  'the cache is not used if %s',
  async (_what, how) => {
    server = await startTestServer({ REPLY_CACHE_TTL: '1h' });
    const ada = await server.guest();
    const { meta } = await ada.ask(QUESTION);
    const { path = `/api/chats/${(await ada.createChat()).id}/messages`, model } = how(meta.chatId);
    const reply = await readReply(await ada.send('POST', path, { content: QUESTION, model }));
    expect(reply.last).toMatchObject({ data: { message: { cached: false }, usageSource: 'provider' } });
    expect(asked()).toBe(2);
  },
);

test('regenerating a cached reply sends a request to the model', async () => {
  server = await startTestServer({ REPLY_CACHE_TTL: '1h' });
  const ada = await server.guest();
  await ada.ask(QUESTION);
  const { meta } = await ada.ask(QUESTION);
  expect(meta.assistantMessage.cached).toBe(true);
  const path = `/api/messages/${meta.assistantMessage.id}/regenerate`;
  const other = await readReply(await ada.send('POST', path, {}));
  expect(other.last).toMatchObject({ data: { message: { cached: false } } });
  expect(asked()).toBe(2);
});

test('no reply is cached unless the operator enables it', async () => {
  server = await startTestServer();
  const ada = await server.guest();
  await ada.ask(QUESTION);
  expect((await ada.ask(QUESTION)).last).toMatchObject({ data: { message: { cached: false } } });
  expect(asked()).toBe(2);
});
