import type { Message } from '@millrace/protocol';
import { createChatClient } from '@millrace/client';
import { createAdministration } from '@millrace/client/administration';
import { createRatings } from '@millrace/client/ratings';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../support/caller.ts';
import { startTestServer } from '../support/test-server.ts';
import type { TestServer } from '../support/test-server.ts';

describe('ratings', () => {
  let server: TestServer;
  let admin: Caller;
  let user: Caller;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await server.user();
    user = await server.guest();
  });
  afterAll(() => server?.close());

  const clientOf = ({ token }: Caller) => createChatClient({ baseUrl: server.url, token });
  const ratingsOf = ({ token }: Caller) => createRatings({ baseUrl: server.url, token });

  async function reply(): Promise<Message> {
    const client = clientOf(user);
    const chat = await client.createChat();
    for await (const event of client.sendMessage(chat.id, { content: 'What is a millrace?' })) {
      if (event.event === 'done') return event.data.message;
    }
    throw new Error('The reply did not end well');
  }

  async function saved({ id, chatId }: Message): Promise<Message | undefined> {
    return (await clientOf(user).allMessages(chatId)).find((message) => message.id === id);
  }

  test('a reply has its time to the first token and its owner’s rating', async () => {
    const message = await reply();
    expect(message.rating).toBeNull();
    expect(message.firstTokenMs).toBeGreaterThanOrEqual(0);
    await ratingsOf(user).rate(message.id, 'bad', ' It is a river. ');
    const rated = { ...message, rating: { rating: 'bad', note: 'It is a river.' } };
    expect(await saved(message)).toEqual(rated);
    await ratingsOf(user).rate(message.id, 'good');
    expect((await saved(message))?.rating).toEqual({ rating: 'good', note: null });
    await ratingsOf(user).remove(message.id);
    await ratingsOf(user).remove(message.id);
    expect(await saved(message)).toEqual(message);
  });

  test('followers of the chat receive it', async () => {
    const message = await reply();
    const channel = clientOf(user).followChat(message.chatId, { after: 0 });
    await ratingsOf(user).rate(message.id, 'good');
    for await (const news of channel) {
      if (news.event !== 'rating') continue;
      expect(news.data).toEqual({ messageId: message.id, rating: { rating: 'good', note: null } });
      break;
    }
  });

  test('ratings of other users’ replies, of questions, and invalid ratings are refused', async () => {
    const message = await reply();
    await expect(ratingsOf(admin).rate(message.id, 'good')).rejects.toMatchObject({ code: 'not_found' });
    await expect(ratingsOf(admin).remove(message.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(ratingsOf(user).rate(message.parentId ?? '', 'good')).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(ratingsOf(user).rate(message.id, 'good', 'x'.repeat(2001))).rejects.toMatchObject({
      errors: [{ path: 'note' }],
    });
    expect((await saved(message))?.rating).toBeNull();
  });

  test('administrators see counts, and no texts', async () => {
    await ratingsOf(user).rate((await reply()).id, 'bad', 'private');
    const administration = createAdministration({ baseUrl: server.url, token: admin.token });
    const counts = await administration.ratings();
    expect(counts).toEqual([{ model: 'gemini-3.8-flash', good: 1, bad: 1 }]);
    const others = createAdministration({ baseUrl: server.url, token: user.token });
    await expect(others.ratings()).rejects.toMatchObject({ code: 'forbidden' });
  });
});
