import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { userNamed } from './store.fixture.ts';
import { storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';
import type { Store } from '../store.ts';

/** What every store must do with restored chats. */
export function deletedChatsContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`restored chats: ${name}`, () => {
    const { get } = storeScenario(start);
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ store, ada } = get()));

    test('a restored chat is unchanged', async () => {
      const chat = await store.createChat(ada.id, 'kept');
      await store.updateChat(ada.id, chat.id, { pinned: true });
      await store.deleteChat(ada.id, chat.id);
      const restored = await store.restoreChat(ada.id, chat.id, null);
      expect(restored).toEqual({ ...chat, pinned: true });
      expect(await store.findChat(ada.id, chat.id)).toEqual(restored);
    });

    test('restoring a chat that is not deleted changes nothing', async () => {
      const chat = await store.createChat(ada.id, 'here');
      expect(await store.restoreChat(ada.id, chat.id, 1)).toEqual(chat);
    });

    test('users can’t restore the chats of others', async () => {
      const eve = await userNamed(store, 'eve');
      const chat = await store.createChat(ada.id, null);
      await store.deleteChat(ada.id, chat.id);
      await expect(store.restoreChat(eve.id, chat.id, null)).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.findChat(ada.id, chat.id)).rejects.toMatchObject({ code: 'not_found' });
    });

    test('a restored chat counts again, unless it is archived', async () => {
      const chat = await store.createChat(ada.id, null);
      await store.deleteChat(ada.id, chat.id);
      await store.createChat(ada.id, null);
      await expect(store.restoreChat(ada.id, chat.id, 1)).rejects.toMatchObject({ code: 'chat_limit' });
      await store.restoreChat(ada.id, chat.id, 2);
      await store.updateChat(ada.id, chat.id, { archived: true });
      await store.deleteChat(ada.id, chat.id);
      expect(await store.restoreChat(ada.id, chat.id, 1)).toMatchObject({ archived: true });
    });
  });
}
