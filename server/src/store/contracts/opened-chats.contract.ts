import type { Chat, User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { IdempotencyKey } from '../transactions/idempotency.ts';
import type { StartGeneration } from '../transactions/start-generation.ts';
import { storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';
import { planWith, startReply, userNamed } from './store.fixture.ts';

/** What every store must do with questions that name no chat. */
export function openedChatsContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`questions that name no chat: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ store, ada } = get()));

    function startIn(
      chat: 'new' | 'support',
      { maxChats = null, ...changes }: Partial<StartGeneration> & { maxChats?: number | null } = {},
    ) {
      return startReply(store, {
        userId: ada.id,
        generationId: nextId(),
        origin: { kind: 'open', chat, maxChats, content: 'What is a mill?', parentId: undefined },
        ...changes,
      });
    }

    async function chatsOf({ id }: User): Promise<Chat[]> {
      return (await store.listChats(id, { archived: false, cursor: undefined, limit: 50 })).items;
    }

    test('each question creates a chat with a title from the question', async () => {
      const [one, two] = [await startIn('new'), await startIn('new')];
      expect(one.chatId).not.toBe(two.chatId);
      expect(await store.findChat(ada.id, one.chatId)).toMatchObject({ title: 'What is a mill?' });
    });

    test('support questions of a user share a chat until it is deleted', async () => {
      const started = await Promise.all([startIn('support'), startIn('support'), startIn('support')]);
      const [first] = started;
      expect(new Set(started.map(({ chatId }) => chatId)).size).toBe(1);
      expect((await startIn('new')).chatId).not.toBe(first?.chatId);
      const bob = await userNamed(store, 'bob');
      expect((await startIn('support', { userId: bob.id })).chatId).not.toBe(first?.chatId);
      await store.deleteChat(ada.id, first?.chatId ?? '');
      const next = await startIn('support');
      expect(next.chatId).not.toBe(first?.chatId);
      expect((await startIn('support')).chatId).toBe(next.chatId);
    });

    test('a guest who signs up may bring a second support chat, and one of them is used', async () => {
      const guest = await userNamed(store, 'guest', 'guest');
      const [theirs, own] = [await startIn('support', { userId: guest.id }), await startIn('support')];
      const identity = { issuer: 'local', kind: 'guest', email: null } as const;
      const ofGuest = { ...identity, subject: 'guest', name: 'guest' };
      await store.adoptGuest(ofGuest, { ...identity, kind: 'password', subject: 'ada', name: 'ada' });
      const { chatId } = await startIn('support');
      expect([theirs.chatId, own.chatId]).toContain(chatId);
      expect((await startIn('support')).chatId).toBe(chatId);
    });

    test('a refused or repeated start creates no chat', async () => {
      const refuse = () => {
        throw new Error('nothing left');
      };
      for (const chat of ['new', 'support'] as const) {
        await expect(startIn(chat, { planFor: planWith(refuse) })).rejects.toThrow('nothing left');
      }
      expect(await chatsOf(ada)).toEqual([]);
      const idempotency: IdempotencyKey = { key: 'one', fingerprint: 'request' };
      const { generationId } = await startIn('new', { idempotency });
      await expect(startIn('new', { idempotency })).rejects.toThrow('repeated');
      expect(await store.findIdempotentResult(ada.id, idempotency)).toBe(generationId);
      expect(await chatsOf(ada)).toHaveLength(1);
    });

    test('a question beyond the limit of chats is refused', async () => {
      await startIn('support', { maxChats: 1 });
      await startIn('support', { maxChats: 1 });
      await expect(startIn('new', { maxChats: 1 })).rejects.toMatchObject({ code: 'chat_limit' });
      expect(await chatsOf(ada)).toHaveLength(1);
    });

    test('a chat of another user can be distinguished from one that doesn’t exist', async () => {
      const bob = await userNamed(store, 'bob');
      const { id } = await store.createChat(ada.id, null);
      expect([
        await store.belongsToAnotherUser(bob.id, id),
        await store.belongsToAnotherUser(ada.id, id),
      ]).toEqual([true, false]);
      await store.deleteChat(ada.id, id);
      expect(await store.belongsToAnotherUser(bob.id, id)).toBe(false);
    });
  });
}
