import type { Rating, User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { endReply, startReply, userNamed } from './store.fixture.ts';
import { storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';
import type { Store } from '../store.ts';

const GOOD: Rating = { rating: 'good', note: null };
const BAD: Rating = { rating: 'bad', note: 'It is a river.' };

/** What every store must do with ratings. */
export function ratingStoreContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`ratings: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let store: Store;
    let ada: User;
    let bob: User;
    let chatId: string;
    beforeEach(async () => {
      ({ store, ada } = get());
      bob = await userNamed(store, 'bob');
      chatId = (await store.createChat(ada.id, 'Mills')).id;
    });

    /** Starts and settles a reply. @returns the ids of the reply and of its question */
    async function reply(model = 'test-model'): Promise<{ id: string; questionId: string }> {
      const generationId = nextId();
      const { assistantMessage, userMessage } = await startReply(store, {
        userId: ada.id,
        generationId,
        origin: { kind: 'send', chatId, content: 'What is a millrace?', parentId: null },
      });
      await endReply(store, generationId, { model });
      return { id: assistantMessage.id, questionId: userMessage?.id ?? '' };
    }

    async function ratingOf(messageId: string): Promise<Rating | null | undefined> {
      const { items } = await store.listMessages(ada.id, chatId, { cursor: undefined, limit: 100 });
      return items.find(({ id }) => id === messageId)?.rating;
    }

    test('a reply has its last rating until that is removed', async () => {
      const { id, questionId } = await reply();
      expect(await ratingOf(id)).toBeNull();
      await store.rateMessage(ada.id, id, GOOD);
      expect(await ratingOf(id)).toEqual(GOOD);
      await store.rateMessage(ada.id, id, BAD);
      expect(await ratingOf(id)).toEqual(BAD);
      expect(await ratingOf(questionId)).toBeNull();
      await store.rateMessage(ada.id, id, null);
      expect(await ratingOf(id)).toBeNull();
      await store.rateMessage(ada.id, id, null);
    });

    test('only replies can be rated, and only by the owner of their chat', async () => {
      const { id, questionId } = await reply();
      await expect(store.rateMessage(bob.id, id, GOOD)).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.rateMessage(bob.id, id, null)).rejects.toMatchObject({ code: 'not_found' });
      const refused = { code: 'invalid_request' };
      await expect(store.rateMessage(ada.id, questionId, GOOD)).rejects.toMatchObject(refused);
      await store.deleteChat(ada.id, chatId);
      await expect(store.rateMessage(ada.id, id, GOOD)).rejects.toMatchObject({ code: 'not_found' });
      expect(await store.countRatings()).toEqual([]);
    });

    test('ratings are counted by model', async () => {
      await store.rateMessage(ada.id, (await reply('a')).id, GOOD);
      await store.rateMessage(ada.id, (await reply('b')).id, BAD);
      const twice = await reply('b');
      await store.rateMessage(ada.id, twice.id, BAD);
      await store.rateMessage(ada.id, twice.id, GOOD);
      await reply('c');
      expect(await store.countRatings()).toEqual([
        { model: 'b', good: 1, bad: 1 },
        { model: 'a', good: 1, bad: 0 },
      ]);
    });

    test('ratings are deleted with their chat', async () => {
      await store.rateMessage(ada.id, (await reply()).id, GOOD);
      await userNamed(store, 'carol');
      await store.setRole(null, bob.id, 'admin');
      await store.deleteUser(null, ada.id);
      expect(await store.countRatings()).toEqual([]);
    });
  });
}
