import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';
import { userNamed } from './store.fixture.ts';
import type { Store } from '../store.ts';

const MESSAGE = { message: 'Hello', expiresAt: 1000 };

/** What every store must do with tickets. */
export function ticketStoreContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`tickets: ${name}`, () => {
    const { get } = storeScenario(start);
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ harness, store, ada } = get()));

    test('a ticket is found by its hash, with its user and its purpose', async () => {
      const { id: chatId } = await store.createChat(ada.id, null);
      await store.createTicket(ada.id, { hash: 'one', chatId, ...MESSAGE });
      await store.createTicket(ada.id, { hash: 'two', chatId: null, ...MESSAGE });
      expect(await store.findTicket('one')).toEqual({ user: ada, chatId, ...MESSAGE });
      expect(await store.findTicket('two')).toEqual({ user: ada, chatId: null, ...MESSAGE });
      expect(await store.findTicket('three')).toBeNull();
    });

    test('a ticket can’t be created for another user’s chat or a deleted one', async () => {
      const chat = await store.createChat((await userNamed(store, 'bob')).id, null);
      const mine = await store.createChat(ada.id, null);
      await store.deleteChat(ada.id, mine.id);
      for (const chatId of [chat.id, mine.id]) {
        const ticket = { hash: 'one', chatId, ...MESSAGE };
        await expect(store.createTicket(ada.id, ticket)).rejects.toMatchObject({ code: 'not_found' });
      }
      expect(await store.findTicket('one')).toBeNull();
    });

    test('tickets are deleted when they have expired, and with their user', async () => {
      harness.setNow(1000);
      const guest = await userNamed(store, 'guest', 'guest');
      await store.createTicket(guest.id, { hash: 'guest', chatId: null, message: 'Hi', expiresAt: 9000 });
      await store.createTicket(ada.id, { hash: 'old', chatId: null, message: 'Hi', expiresAt: 1999 });
      await store.createTicket(ada.id, { hash: 'new', chatId: null, message: 'Hi', expiresAt: 2000 });
      await store.deleteExpiredTickets(2000);
      await store.removeGuests(1001);
      expect(await store.findTicket('old')).toBeNull();
      expect(await store.findTicket('guest')).toBeNull();
      expect(await store.findTicket('new')).not.toBeNull();
    });
  });
}
