import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { NOVEMBER, storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';
import { identity, RESERVATION } from './store.fixture.ts';

/** What every store must do with users, guests and administrators. */
export function usersContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`users: ${name}`, () => {
    const { get, send, settle, spent } = storeScenario(start);
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ harness, store, ada } = get()));

    test('the same identity is the same user, another issuer with the same subject is not', async () => {
      expect((await store.resolveUser(identity('ada', { name: 'Ada L.' }))).id).toBe(ada.id);
      expect((await store.resolveUser(identity('ada', { issuer: 'host:x' }))).id).not.toBe(ada.id);
    });

    test('the first eligible user becomes the administrator, and no later one', async () => {
      expect(await store.hasAdministrator()).toBe(false);
      const mayAdminister = { mayAdminister: true };
      expect((await store.resolveUser(identity('ada'), mayAdminister)).roles).toEqual(['user']);
      expect((await store.resolveUser(identity('bob'), mayAdminister)).roles).toEqual(['admin']);
      expect((await store.resolveUser(identity('eve'), mayAdminister)).roles).toEqual(['user']);
      expect(await store.hasAdministrator()).toBe(true);
    });

    test('a guest who signs up keeps their chats and their ledger', async () => {
      const guest = identity('guest', { kind: 'guest' });
      const { id: userId } = await store.resolveUser(guest);
      const chat = await store.createChat(userId, 'mine');
      const started = await send(chat.id, 'hi', { userId });
      await settle(started.generationId);
      await store.adoptGuest(guest, identity('ada'));
      expect((await store.findChat(ada.id, chat.id)).title).toBe('mine');
      expect(await spent(ada.id)).toEqual({ used: 30, reserved: 0 });
      await expect(store.findChat(userId, chat.id)).rejects.toMatchObject({ code: 'not_found' });
    });

    test('a password user is never adopted', async () => {
      const bob = await store.resolveUser(identity('bob'));
      const chat = await store.createChat(bob.id, null);
      await store.adoptGuest(identity('bob'), identity('ada'));
      await expect(store.findChat(ada.id, chat.id)).rejects.toMatchObject({ code: 'not_found' });
    });

    test('old guests are removed with their chats, and their costs stay in the ledger', async () => {
      const guest = await store.resolveUser(identity('guest', { kind: 'guest' }));
      const chat = await store.createChat(guest.id, null);
      await settle((await send(chat.id, 'hi', { userId: guest.id })).generationId);
      harness.setNow(NOVEMBER + 1000);
      await store.resolveUser(identity('newer', { kind: 'guest' }));
      expect(await store.removeGuests(NOVEMBER + 1)).toEqual([{ issuer: 'local', subject: 'guest' }]);
      await expect(store.findChat(guest.id, chat.id)).rejects.toMatchObject({ code: 'not_found' });
      let total = -1;
      const own = await store.createChat(ada.id, null);
      await send(own.id, 'hi', {
        reserve: (_context, _account, totalTokens) => {
          total = totalTokens ?? -1;
          return RESERVATION;
        },
      });
      expect(total).toBe(30);
    });
  });
}
