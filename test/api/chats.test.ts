import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Chat, Message, Page } from '@millrace/protocol';
import { readReply } from '../support/caller.ts';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

let server: TestServer;
let caller: Caller;
beforeAll(async () => void (server = await startTestServer()));
afterAll(() => server.close());
beforeEach(async () => {
  caller = await server.guest();
  server.simulator.reset();
});

const list = (query = '') => caller.json<Page<Chat>>('GET', `/api/chats${query}`);
const change = (chat: Chat, body: object) => caller.json<Chat>('PATCH', `/api/chats/${chat.id}`, body);
const idsOf = (items: readonly { id: string }[]) => items.map(({ id }) => id);

async function allPages<Item>(path: string, limit: number): Promise<Item[]> {
  const items: Item[] = [];
  let query = `?limit=${limit}`;
  for (;;) {
    const page = await caller.json<Page<Item>>('GET', path + query);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    expect(page.items).toHaveLength(limit);
    query = `?limit=${limit}&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/** Sends a question below the given message. */
async function askUnder(chatId: string, content: string, parentId: string | null | undefined) {
  const body = { content, ...(parentId !== undefined && { parentId }) };
  return readReply(await caller.send('POST', `/api/chats/${chatId}/messages`, body));
}

describe('a chat', () => {
  test('is created without a body, with an empty one, and with a title', async () => {
    for (const [body, title] of [
      [undefined, null],
      [{}, null],
      [{ title: ' Water 水 ' }, 'Water 水'],
      [{ title: '\0Wa\u0007ter\r\n\u202emill\0 ' }, 'Water mill'],
    ] as const) {
      const response = await caller.send('POST', '/api/chats', body);
      expect(response.status).toBe(201);
      const chat = (await response.json()) as Chat;
      expect(chat).toMatchObject({ title, pinned: false, archived: false });
      expect(chat.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(chat.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(await caller.json('GET', `/api/chats/${chat.id}`)).toEqual(chat);
    }
  });

  test('is renamed, pinned and archived independently', async () => {
    const chat = await caller.createChat();
    expect(await change(chat, { title: 'Mill' })).toMatchObject({ title: 'Mill', pinned: false });
    expect(await change(chat, { pinned: true })).toMatchObject({ title: 'Mill', pinned: true });
    expect(await change(chat, { archived: true })).toMatchObject({ pinned: true, archived: true });
    const undone = await change(chat, { pinned: false, archived: false });
    expect(undone).toMatchObject({ title: 'Mill', pinned: false, archived: false });
    expect(await caller.json('GET', `/api/chats/${chat.id}`)).toEqual(undone);
  });

  test('that is archived is listed only in the archive', async () => {
    const [one, other] = [await caller.createChat(), await caller.createChat()];
    await change(one, { archived: true });
    expect(idsOf((await list()).items)).toEqual([other.id]);
    expect(idsOf((await list('?archived=false')).items)).toEqual([other.id]);
    expect(idsOf((await list('?archived=true')).items)).toEqual([one.id]);
  });

  test('that is deleted is in no list, and all its paths are not found', async () => {
    const { meta } = await caller.ask('Forget this');
    const response = await caller.send('DELETE', `/api/chats/${meta.chatId}`);
    expect(response.status).toBe(204);
    expect((await list()).items).toEqual([]);
    expect((await list('?archived=true')).items).toEqual([]);
    for (const path of [
      `/api/chats/${meta.chatId}`,
      `/api/chats/${meta.chatId}/messages`,
      `/api/generations/${meta.generationId}`,
      `/api/generations/${meta.generationId}/events`,
    ]) {
      expect((await caller.fetch(path)).status).toBe(404);
    }
    expect((await caller.send('DELETE', `/api/chats/${meta.chatId}`)).status).toBe(404);
  });
});

describe('the title', () => {
  test('is the first message with collapsed white space', async () => {
    const { meta } = await caller.ask('  What is\n\n a   millrace? ');
    expect((await list()).items[0]?.title).toBe('What is a millrace?');
    await caller.ask('And a weir?', meta.chatId);
    expect((await list()).items[0]?.title).toBe('What is a millrace?');
  });

  test('is the start of a long first message, cut between words and never inside a character', async () => {
    const { meta } = await caller.ask('word '.repeat(30));
    const { title } = await caller.json<Chat>('GET', `/api/chats/${meta.chatId}`);
    expect(title).toMatch(/^(word )+word…$/);
    const emoji = await caller.ask(`a${'🌊'.repeat(60)}`);
    const cut = await caller.json<Chat>('GET', `/api/chats/${emoji.meta.chatId}`);
    expect(cut.title?.isWellFormed()).toBe(true);
    expect(cut.title).toMatch(/^a🌊+…$/u);
  });

  test('set by the owner is never replaced', async () => {
    const chat = await caller.json<Chat>('POST', '/api/chats', { title: 'Mine' });
    await caller.ask('What is a millrace?', chat.id);
    expect((await list()).items[0]?.title).toBe('Mine');
  });
});

describe('the list', () => {
  test('has pinned chats first, then the most recently changed', async () => {
    const chats: Chat[] = [];
    for (let index = 0; index < 4; index += 1) chats.push(await caller.createChat());
    const [a, b, c, d] = chats as [Chat, Chat, Chat, Chat];
    await change(b, { pinned: true });
    expect(idsOf((await list()).items)).toEqual(idsOf([b, d, c, a]));
    await caller.ask('Up', a.id);
    expect(idsOf((await list()).items)).toEqual(idsOf([b, a, d, c]));
    await caller.ask('Up', b.id);
    await change(d, { pinned: true });
    expect(idsOf((await list()).items)).toEqual(idsOf([b, d, a, c]));
  });

  test.each([1, 7, 50])(
    'in pages of %i has every chat once, even if many were created in the same millisecond',
    async (limit) => {
      const chats = await Promise.all(Array.from({ length: 50 }, () => caller.createChat()));
      await Promise.all(chats.slice(0, 20).map((chat) => change(chat, { pinned: true })));
      const whole = (await list('?limit=200')).items;
      expect(whole).toHaveLength(50);
      expect(whole.slice(0, 20).every(({ pinned }) => pinned)).toBe(true);
      expect(await allPages<Chat>('/api/chats', limit)).toEqual(whole);
    },
  );

  test('has no gap and no repeat if a chat is added between two pages', async () => {
    await Promise.all(Array.from({ length: 6 }, () => caller.createChat()));
    const whole = (await list()).items;
    const first = await list('?limit=3');
    await caller.createChat();
    const rest = await list(`?limit=3&cursor=${encodeURIComponent(first.nextCursor ?? '')}`);
    expect([...first.items, ...rest.items]).toEqual(whole);
    expect(rest.nextCursor).toBeNull();
  });

  test('of the archive has only archived chats on every page', async () => {
    const chats = await Promise.all(Array.from({ length: 6 }, () => caller.createChat()));
    await Promise.all(chats.slice(0, 3).map((chat) => change(chat, { archived: true })));
    const first = await list('?archived=true&limit=2');
    const rest = await list(`?archived=true&limit=2&cursor=${encodeURIComponent(first.nextCursor ?? '')}`);
    expect(idsOf([...first.items, ...rest.items]).toSorted()).toEqual(idsOf(chats.slice(0, 3)).toSorted());
  });
});

describe('the messages', () => {
  test('form a tree: each continues the last one, any reply, or starts again from the root', async () => {
    const first = await caller.ask('one');
    const { chatId } = first.meta;
    const firstReply = first.meta.assistantMessage.id;
    const second = await askUnder(chatId, 'two', undefined);
    expect(second.meta.userMessage?.parentId).toBe(firstReply);
    expect(second.meta.assistantMessage.parentId).toBe(second.meta.userMessage?.id);
    const edited = await askUnder(chatId, 'two, edited', firstReply);
    expect(edited.meta.userMessage?.parentId).toBe(firstReply);
    const secondRoot = await askUnder(chatId, 'one, edited', null);
    expect(secondRoot.meta.userMessage?.parentId).toBeNull();
    const newest = await askUnder(chatId, 'on', undefined);
    expect(newest.meta.userMessage?.parentId).toBe(secondRoot.meta.assistantMessage.id);

    const messages = await caller.messages(chatId);
    expect(messages).toHaveLength(10);
    expect(messages.map(({ role }) => role)).toEqual(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'user' : 'assistant')),
    );
    expect(idsOf(messages)).toEqual(idsOf(messages).toSorted());
  });

  test('keep the first reply when it is regenerated: the new reply is its sibling', async () => {
    const { meta } = await caller.ask('one');
    const path = `/api/messages/${meta.assistantMessage.id}/regenerate`;
    server.simulator.script([{ text: 'another' }]);
    const sibling = await readReply(await caller.send('POST', path, {}));
    expect(sibling).toMatchObject({ text: 'another', meta: { chatId: meta.chatId, userMessage: null } });
    expect(sibling.meta.assistantMessage.parentId).toBe(meta.userMessage?.id);
    expect(sibling.meta.generationId).not.toBe(meta.generationId);
    const [question, first, second] = await caller.messages(meta.chatId);
    expect([first, second].map((message) => message?.parentId)).toEqual([question?.id, question?.id]);
    expect([first, second].map((message) => message?.parts)).toEqual([
      [{ type: 'text', text: 'one' }],
      [{ type: 'text', text: 'another' }],
    ]);
    expect(server.simulator.log()[1]?.body).toMatchObject({
      contents: [{ role: 'user', parts: [{ text: 'one' }] }],
    });
  });

  test('in pages are each listed once, oldest first', async () => {
    const { meta } = await caller.ask('0');
    await Promise.all(Array.from({ length: 9 }, (_, index) => askUnder(meta.chatId, `${index + 1}`, null)));
    const path = `/api/chats/${meta.chatId}/messages`;
    const whole = await caller.messages(meta.chatId);
    expect(whole).toHaveLength(20);
    for (const limit of [1, 3, 20]) expect(await allPages<Message>(path, limit)).toEqual(whole);
  });

  test('include a running reply, whose parts are still empty', async () => {
    server.simulator.script([{ chunks: ['One ', 'two'], fault: { kind: 'stall' } }]);
    const { id } = await caller.createChat();
    const response = await caller.send('POST', `/api/chats/${id}/messages`, { content: 'Count' });
    const [question, answer] = await caller.messages(id);
    expect(question).toMatchObject({ role: 'user', status: 'completed', generationId: null });
    expect(answer).toMatchObject({ role: 'assistant', status: 'running', parts: [], tokensUsed: null });
    await caller.json('POST', `/api/generations/${answer?.generationId}/stop`);
    await response.text();
  });

  test('contain the cost of each reply, and the month’s usage is the sum', async () => {
    const { meta } = await caller.ask('one');
    await caller.ask('two', meta.chatId);
    const replies = (await caller.messages(meta.chatId)).filter(({ role }) => role === 'assistant');
    for (const { usage, tokensUsed, usageSource } of replies) {
      expect(usageSource).toBe('provider');
      expect(tokensUsed).toBe(usage?.totalTokens);
      expect(usage?.totalTokens).toBe(
        (usage?.promptTokens ?? 0) +
          (usage?.outputTokens ?? 0) +
          (usage?.thoughtTokens ?? 0) +
          (usage?.toolUseTokens ?? 0),
      );
    }
    const sum = replies.reduce((total, { tokensUsed }) => total + (tokensUsed ?? 0), 0);
    expect((await caller.me()).budget.used).toBe(sum);
  });
});

describe('the model’s context', () => {
  /** The turns of the last request, `role: text`. */
  const turns = () => {
    const body = server.simulator.log().at(-1)?.body as
      | { contents: { role: string; parts: { text: string }[] }[] }
      | undefined;
    return body?.contents.map(({ role, parts }) => `${role}: ${parts.map(({ text }) => text).join('')}`);
  };

  test('is the path to the question, without other branches', async () => {
    const first = await caller.ask('one');
    const { chatId } = first.meta;
    await caller.ask('two', chatId);
    expect(turns()).toEqual(['user: one', 'model: one', 'user: two']);
    await askUnder(chatId, 'two, edited', first.meta.assistantMessage.id);
    expect(turns()).toEqual(['user: one', 'model: one', 'user: two, edited']);
    await askUnder(chatId, 'second', null);
    expect(turns()).toEqual(['user: second']);
  });

  test('is the last CONTEXT_MESSAGES messages of that path, including the question, in order', async () => {
    const narrow = await startTestServer({ CONTEXT_MESSAGES: '3' });
    const guest = await narrow.guest();
    const { meta } = await guest.ask('one');
    for (const content of ['two', 'three', 'four']) await guest.ask(content, meta.chatId);
    // toMatchObject doesn't accept a list that is longer than the expected one.
    expect(narrow.simulator.log().at(-1)?.body).toMatchObject({
      contents: [
        { role: 'user', parts: [{ text: 'three' }] },
        { role: 'model', parts: [{ text: 'three' }] },
        { role: 'user', parts: [{ text: 'four' }] },
      ],
    });
    await narrow.close();
  });

  test('begins with a user’s turn even if the window begins with a reply', async () => {
    const narrow = await startTestServer({ CONTEXT_MESSAGES: '2' });
    const guest = await narrow.guest();
    const { meta } = await guest.ask('one');
    await guest.ask('two', meta.chatId);
    expect(narrow.simulator.log().at(-1)?.body).toMatchObject({
      contents: [{ role: 'user', parts: [{ text: 'two' }] }],
    });
    await narrow.close();
  });

  test('contains no thoughts of earlier replies', async () => {
    server.simulator.script([{ thoughts: ['Hm. '], text: 'Yes.' }]);
    const { meta } = await caller.ask('one');
    await caller.ask('two', meta.chatId);
    expect(turns()).toEqual(['user: one', 'model: Yes.', 'user: two']);
  });

  test('has the system prompt as systemInstruction, and no systemInstruction without a system prompt', async () => {
    await caller.ask('one');
    expect(server.simulator.log()[0]?.body).not.toHaveProperty('systemInstruction');
    const instructed = await startTestServer({ SYSTEM_PROMPT: 'Speak like a miller.' });
    const guest = await instructed.guest();
    const { meta } = await guest.ask('one');
    await guest.ask('two', meta.chatId);
    for (const { body } of instructed.simulator.log()) {
      expect(body).toMatchObject({ systemInstruction: { parts: [{ text: 'Speak like a miller.' }] } });
      expect(JSON.stringify((body as { contents: unknown }).contents)).not.toContain('miller');
    }
    await instructed.close();
  });

  test('is sent to the selected model, which the reply names', async () => {
    const { id } = await caller.createChat();
    const body = { content: 'one', model: 'gemini-3.5-flash' };
    const reply = await readReply(await caller.send('POST', `/api/chats/${id}/messages`, body));
    expect(server.simulator.log()[0]?.model).toBe('gemini-3.5-flash');
    expect(reply.meta.model).toBe('gemini-3.5-flash');
    const path = `/api/messages/${reply.meta.assistantMessage.id}/regenerate`;
    const again = await readReply(await caller.send('POST', path, { model: 'gemini-3.8-flash' }));
    expect(server.simulator.log()[1]?.model).toBe('gemini-3.8-flash');
    const [, first, second] = await caller.messages(id);
    expect([first?.model, second?.model]).toEqual(['gemini-3.5-flash', 'gemini-3.8-flash']);
    expect(again.last.event).toBe('done');
  });
});
