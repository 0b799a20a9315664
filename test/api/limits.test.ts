import { afterEach, describe, expect, test } from 'vitest';
import type { Chat, Problem } from '@millrace/protocol';
import { readEvents, readReply } from '../support/caller.ts';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

/** Longer than any test run, so that all requests come within it. */
const AN_HOUR = '3600000';
/** Sends a word, and never ends. */
const ENDLESS = { chunks: ['One ', 'two.'], fault: { kind: 'stall', afterChunks: 1 } } as const;

let server: TestServer;
let caller: Caller;
let chat: Chat;
afterEach(() => server.close());

async function startLimited(environment: Record<string, string>) {
  server = await startTestServer(environment);
  caller = await server.guest();
  chat = await caller.createChat();
}

function send(content = 'Hello', headers: Record<string, string> = {}, chatId = chat.id, by = caller) {
  return by.send('POST', `/api/chats/${chatId}/messages`, { content }, headers);
}

/** Sends a message and reads the reply to its end. */
async function ask(...request: Parameters<typeof send>) {
  return readReply(await send(...request));
}

async function expectLimited(response: Response, detail: RegExp): Promise<number> {
  expect(response.status).toBe(429);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as Problem;
  expect(problem).toMatchObject({ code: 'rate_limited', status: 429 });
  expect(problem.detail).toMatch(detail);
  expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  return Number(response.headers.get('retry-after'));
}

/** The remaining points in a `RateLimit` header, by the name of the quota. */
function remaining(response: Response): Record<string, number> {
  const header = response.headers.get('ratelimit') ?? '';
  return Object.fromEntries(
    [...header.matchAll(/"(\w+)";r=(\d+);t=\d+/g)].map(([, name, left]) => [name, Number(left)]),
  );
}

describe('MESSAGE_RATE_LIMIT_MS', () => {
  test('refuses a second reply of the user, in any chat and by any endpoint, and says when to retry', async () => {
    await startLimited({ MESSAGE_RATE_LIMIT_MS: AN_HOUR });
    const { meta } = await ask();
    const elsewhere = await caller.createChat();
    for (const response of [
      await send('again'),
      await send('elsewhere', {}, elsewhere.id),
      await caller.send('POST', `/api/messages/${meta.assistantMessage.id}/regenerate`),
      await caller.send('POST', `/api/messages/${meta.assistantMessage.id}/continue`),
    ]) {
      const wait = await expectLimited(
        response,
        /^You are sending messages too quickly\. Try again in \d+ seconds\.$/,
      );
      expect(wait).toBeGreaterThan(3000);
      expect(wait).toBeLessThanOrEqual(3600);
      expect(response.headers.get('ratelimit-policy')).toBe('"gap";q=1;w=3600');
      expect(response.headers.get('ratelimit')).toBe(`"gap";r=0;t=${wait}`);
    }
    expect(await caller.messages(chat.id)).toHaveLength(2);
    expect(server.simulator.log()).toHaveLength(1);
  });

  test('applies to each user separately', async () => {
    await startLimited({ MESSAGE_RATE_LIMIT_MS: AN_HOUR });
    await ask();
    const other = await server.guest();
    expect((await ask('Hello', {}, (await other.createChat()).id, other)).text).toBe('Hello');
  });

  test('allows the next reply once the time is over', async () => {
    await startLimited({ MESSAGE_RATE_LIMIT_MS: '100' });
    await ask();
    await until('the next reply is admitted', async () => (await send()).status === 200);
    expect((await caller.messages(chat.id)).length).toBe(4);
  });

  test('lets one of several parallel messages through', async () => {
    await startLimited({ MESSAGE_RATE_LIMIT_MS: AN_HOUR });
    const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await send()).status));
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 429, 429, 429, 429, 429]);
  });
});

describe('RATE_LIMIT_PER_MINUTE', () => {
  test('counts down in the headers of each reply, and then refuses', async () => {
    await startLimited({ RATE_LIMIT_PER_MINUTE: '3' });
    for (const left of [2, 1, 0]) {
      const response = await send();
      expect(response.headers.get('ratelimit-policy')).toBe('"minute";q=3;w=60');
      expect(response.headers.get('ratelimit')).toMatch(/^"minute";r=\d;t=\d+$/);
      expect(remaining(response)).toEqual({ minute: left });
      await readReply(response);
    }
    const refused = await send();
    expect(remaining(refused)).toEqual({ minute: 0 });
    const wait = await expectLimited(refused, /limit of replies per minute \(3\)/);
    expect(wait).toBeLessThanOrEqual(60);
    expect(await caller.messages(chat.id)).toHaveLength(6);
  });

  test('counts administrators too', async () => {
    await startLimited({ RATE_LIMIT_PER_MINUTE: '1' });
    const administrator = await server.user();
    expect((await administrator.me()).user.roles).toEqual(['admin']);
    const { id } = await administrator.createChat();
    await ask('one', {}, id, administrator);
    await expectLimited(
      await send('two', {}, id, administrator),
      /limit of replies per minute \(1\)\. Try again in \d+ seconds/,
    );
  });

  test('is reported with the minimum gap; the later of the two decides when to retry', async () => {
    await startLimited({ RATE_LIMIT_PER_MINUTE: '5', MESSAGE_RATE_LIMIT_MS: AN_HOUR });
    const first = await send();
    expect(first.headers.get('ratelimit-policy')).toBe('"gap";q=1;w=3600, "minute";q=5;w=60');
    expect(remaining(first)).toEqual({ gap: 0, minute: 4 });
    await readReply(first);
    // Requests that the gap refuses take no points of the minute.
    for (let refusal = 0; refusal < 6; refusal += 1) {
      const refused = await send();
      expect(remaining(refused)).toEqual({ gap: 0, minute: 4 });
      expect(await expectLimited(refused, /sending messages too quickly/)).toBeGreaterThan(3000);
    }
  });

  test('is not reported if it is off', async () => {
    await startLimited({});
    const response = await send();
    expect(response.headers.get('ratelimit-policy')).toBeNull();
    expect(response.headers.get('ratelimit')).toBeNull();
    await readReply(response);
  });
});

describe('the rate limits count', () => {
  const LIMITS = { RATE_LIMIT_PER_MINUTE: '2', MESSAGE_RATE_LIMIT_MS: 'none' };

  test('no resume', async () => {
    await startLimited({ ...LIMITS, RATE_LIMIT_PER_MINUTE: '1' });
    const { meta, events } = await ask();
    for (let round = 0; round < 3; round += 1) {
      const resumed = await send('Hello', { 'last-event-id': `${meta.generationId}:1` });
      expect(remaining(resumed)).toEqual({});
      expect((await readReply(resumed)).last).toEqual(events.at(-1));
      expect((await caller.replay(meta.generationId)).last).toEqual(events.at(-1));
    }
    await expectLimited(await send(), /limit of replies per minute \(1\)\. Try again in \d+ seconds/);
  });

  test('no repeat of an Idempotency-Key, later or at the same time', async () => {
    await startLimited({ RATE_LIMIT_PER_MINUTE: '1', MESSAGE_RATE_LIMIT_MS: AN_HOUR });
    const key = { 'idempotency-key': 'one' };
    const replies = await Promise.all([1, 2, 3, 4].map(() => ask('Hello', key)));
    replies.push(await ask('Hello', key), await ask('Hello', key));
    expect(new Set(replies.map(({ meta }) => meta.generationId)).size).toBe(1);
    expect(server.simulator.log()).toHaveLength(1);
    const mismatch = await send('another', key);
    expect(mismatch.status).toBe(422);
    expect(await mismatch.json()).toMatchObject({ code: 'idempotency_mismatch' });
    await expectLimited(await send('Hello', { 'idempotency-key': 'two' }), /./);
  });

  test('no start that was refused for another reason', async () => {
    await startLimited({
      RATE_LIMIT_PER_MINUTE: '1',
      MESSAGE_RATE_LIMIT_MS: AN_HOUR,
      GUEST_TOKEN_LIMIT: '2000',
    });
    const path = `/api/chats/${chat.id}/messages`;
    const statuses: number[] = [];
    const key = { 'idempotency-key': 'refused' };
    for (const refused of [
      await caller.send('POST', path, { content: '' }),
      await caller.send('POST', path, { content: 'hi', model: 'no-such-model' }),
      await send('hi', {}, '0190a7d4-0000-7000-8000-000000000000'),
      await send('hi', { 'last-event-id': 'nonsense' }),
      await send('hi', { 'idempotency-key': 'not visible' }),
      // Costs nothing in either case.
      await send('水'.repeat(3000), key),
      await send('水'.repeat(3000), key),
    ]) {
      statuses.push(refused.status);
      await refused.text();
    }
    expect(statuses).toEqual([400, 400, 404, 400, 400, 403, 403]);
    const response = await send('hi');
    expect(remaining(response)).toEqual({ gap: 0, minute: 0 });
    await readReply(response);
  });

  test('no message refused because of too many running replies', async () => {
    await startLimited({ ...LIMITS, MAX_CONCURRENT_REPLIES: '1' });
    server.simulator.script([ENDLESS]);
    await send();
    await expectLimited(await send(), /^You already have 1 reply running/);
    await expectLimited(await send(), /^You already have 1 reply running/);
    await stopAll();
    const response = await send();
    expect(remaining(response)).toEqual({ minute: 0 });
    await readReply(response);
  });
});

/** Stops the running replies of the chat. */
async function stopAll(): Promise<void> {
  for (const { status, generationId } of await caller.messages(chat.id)) {
    if (status !== 'running') continue;
    await caller.json('POST', `/api/generations/${generationId}/stop`);
  }
}

describe('MAX_CONCURRENT_REPLIES', () => {
  test('admits exactly that many parallel replies, and another when one has ended', async () => {
    await startLimited({ MAX_CONCURRENT_REPLIES: '3' });
    server.simulator.script([ENDLESS, ENDLESS, ENDLESS]);
    const responses = await Promise.all(Array.from({ length: 6 }, () => send()));
    const refused = responses.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(3);
    for (const response of refused) {
      expect(
        await expectLimited(
          response,
          /^You already have 3 replies running, the maximum\. Stop one or wait\.$/,
        ),
      ).toBe(1);
    }
    await until('the model has the request', () => server.simulator.log().length === 3);
    expect(await caller.messages(chat.id)).toHaveLength(6);

    const [running] = responses.filter(({ status }) => status === 200);
    if (running === undefined) throw new Error('None was started');
    for await (const { generationId } of readEvents(running)) {
      await caller.json('POST', `/api/generations/${generationId}/stop`);
    }
    await ask();
  });
});

describe('MAX_CHATS_PER_USER', () => {
  const create = (headers: Record<string, string> = {}, by = caller) =>
    by.send('POST', '/api/chats', {}, headers);

  test('refuses one more chat, but no repeat and no other user; after deleting a chat another can be created', async () => {
    await startLimited({ MAX_CHATS_PER_USER: '2' });
    const key = { 'idempotency-key': 'second' };
    const second = (await (await create(key)).json()) as Chat;
    const refused = await create();
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      code: 'chat_limit',
      detail: 'You already have 2 chats, the maximum. Delete or archive one first.',
    });
    expect(await (await create(key)).json()).toEqual(second);
    expect((await create({}, await server.guest())).status).toBe(201);
    expect((await caller.send('DELETE', `/api/chats/${second.id}`)).status).toBe(204);
    expect((await create()).status).toBe(201);
    expect((await create()).status).toBe(403);
    const archive = (archived: boolean) => caller.send('PATCH', `/api/chats/${chat.id}`, { archived });
    expect((await archive(true)).status).toBe(200);
    expect((await create()).status).toBe(201);
    expect(await (await archive(false)).json()).toMatchObject({ code: 'chat_limit' });
  });
});
