import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { endReply, identity, startReply } from './store.fixture.ts';
import type { Store } from '../store.ts';
import { storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

/** What every store must do with chats named by clients. */
export function namedChatsContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`named chats: ${name}`, () => {
    const { get } = storeScenario(start);
    let store: Store;
    let ada: User;
    let bob: User;
    beforeEach(async () => {
      ({ store, ada } = get());
      bob = await store.resolveUser(identity('bob'));
    });

    test('the same name always means the same chat of a user', async () => {
      const chat = await store.openNamedChat(ada.id, 'support', null);
      expect(await store.openNamedChat(ada.id, 'support', null)).toEqual(chat);
      expect(await store.findChat(ada.id, chat.id)).toEqual(chat);
      expect(await store.findNamedChat(ada.id, 'support')).toEqual(chat);
      expect((await store.openNamedChat(bob.id, 'support', null)).id).not.toBe(chat.id);
      expect(await store.findNamedChat(bob.id, 'else')).toBeNull();
    });

    test('opening a name several times at once creates one chat', async () => {
      const opened = await Promise.all([1, 2, 3].map(() => store.openNamedChat(ada.id, 'support', 1)));
      expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    });

    test('the id of an own chat is its name, and the id of another user’s chat is a new name', async () => {
      const chat = await store.createChat(ada.id, 'mine');
      expect(await store.openNamedChat(ada.id, chat.id, null)).toEqual(chat);
      const other = await store.openNamedChat(bob.id, chat.id, null);
      expect(other.id).not.toBe(chat.id);
      expect(await store.findNamedChat(bob.id, chat.id)).toEqual(other);
    });

    test('a new named chat counts towards the limit', async () => {
      await store.createChat(ada.id, null);
      await expect(store.openNamedChat(ada.id, 'support', 1)).rejects.toMatchObject({ code: 'chat_limit' });
      await store.openNamedChat(ada.id, 'support', 2);
      await store.openNamedChat(ada.id, 'support', 1);
    });

    test('the name of a deleted chat is not found, and can’t be opened', async () => {
      const chat = await store.openNamedChat(ada.id, 'support', null);
      await store.deleteChat(ada.id, chat.id);
      await expect(store.openNamedChat(ada.id, 'support', null)).rejects.toMatchObject({ code: 'not_found' });
      expect(await store.findNamedChat(ada.id, 'support')).toBeNull();
    });

    test('a guest who signs up keeps named chats, and the account keeps a name that both have', async () => {
      const guest = await store.resolveUser(identity('guest', { kind: 'guest' }));
      const both = await store.openNamedChat(guest.id, 'support', null);
      const only = await store.openNamedChat(guest.id, 'sales', null);
      const own = await store.openNamedChat(ada.id, 'support', null);
      await store.adoptGuest(identity('guest', { kind: 'guest' }), identity('ada'));
      expect((await store.findNamedChat(ada.id, 'support'))?.id).toBe(own.id);
      expect((await store.findNamedChat(ada.id, 'sales'))?.id).toBe(only.id);
      expect((await store.findChat(ada.id, both.id)).id).toBe(both.id);
    });

    test('only the owner of a chat finds its newest running reply', async () => {
      const chat = await store.openNamedChat(ada.id, 'support', null);
      expect(await store.findRunningReply(ada.id, chat.id)).toBeNull();
      const ask = (generationId: string) =>
        startReply(store, {
          userId: ada.id,
          generationId,
          origin: { kind: 'send', chatId: chat.id, content: 'Hi', parentId: undefined },
        });
      const [first, second] = ['0000000000000001', '0000000000000002'] as const;
      await ask(first);
      await ask(second);
      expect(await store.findRunningReply(ada.id, chat.id)).toBe(second);
      await expect(store.findRunningReply(bob.id, chat.id)).rejects.toMatchObject({ code: 'not_found' });
      await endReply(store, second);
      expect(await store.findRunningReply(ada.id, chat.id)).toBe(first);
      await endReply(store, first);
      expect(await store.findRunningReply(ada.id, chat.id)).toBeNull();
    });
  });
}
