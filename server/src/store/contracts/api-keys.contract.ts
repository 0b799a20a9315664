import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { NewKey } from '../transactions/api-keys.ts';
import { identity } from './store.fixture.ts';
import { NOVEMBER, storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

/** What every store must do with API keys. */
export function keyStoreContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`API keys: ${name}`, () => {
    const { get } = storeScenario(start);
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    let bob: User;
    beforeEach(async () => {
      ({ harness, store, ada } = get());
      ada = await userNamed('ada');
      bob = await userNamed('bob');
    });

    function userNamed(subject: string): Promise<User> {
      const email = `${subject}@example.org`;
      return store.resolveUser(identity(subject, { email }));
    }

    function key(hash: string, changes: Partial<NewKey> = {}): NewKey {
      return { name: `key ${hash}`, hash, prefix: 'mk_0000', expiresAt: null, ...changes };
    }

    test('a key is found by its hash, with its user', async () => {
      const expiresAt = NOVEMBER + 1000;
      const made = await store.createKey(ada.id, key('a', { expiresAt }), 9);
      expect(made).toMatchObject({ name: 'key a', lastUsedAt: null, expiresAt: '2026-11-21T00:00:01.000Z' });
      expect(await store.findKey('a')).toEqual({ id: made.id, user: ada, expiresAt, lastUsedAt: null });
      expect(await store.findKey('b')).toBeNull();
    });

    test('users list and revoke only their own keys', async () => {
      const { id } = await store.createKey(ada.id, key('a'), 9);
      await store.createKey(bob.id, key('b'), 9);
      expect((await store.listKeys(ada.id)).map(({ name }) => name)).toEqual(['key a']);
      await expect(store.revokeKey(bob.id, id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await store.findKey('a')).not.toBeNull();
      await store.revokeKey(ada.id, id);
      expect(await store.findKey('a')).toBeNull();
      expect(await store.findKey('b')).not.toBeNull();
      await expect(store.revokeKey(ada.id, id)).rejects.toMatchObject({ code: 'not_found' });
    });

    test('the last use of a key is recorded', async () => {
      const { id } = await store.createKey(ada.id, key('a'), 9);
      harness.setNow(NOVEMBER + 5000);
      await store.recordKeyUse(id);
      expect((await store.listKeys(ada.id))[0]?.lastUsedAt).toBe('2026-11-21T00:00:05.000Z');
      expect((await store.findKey('a'))?.lastUsedAt).toBe(NOVEMBER + 5000);
    });

    test('the limit of keys applies to each user separately', async () => {
      await store.createKey(bob.id, key('b'), 2);
      await store.createKey(ada.id, key('a1'), 2);
      const attempts = ['a2', 'a3'].map((hash) => store.createKey(ada.id, key(hash), 2));
      const outcomes = await Promise.allSettled(attempts);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(await store.listKeys(ada.id)).toHaveLength(2);
    });

    test('keys are deleted with their user', async () => {
      await store.createKey(bob.id, key('b'), 9);
      await store.deleteUser(ada.id, bob.id);
      expect(await store.findKey('b')).toBeNull();
    });

    test('users are found by id or email address, and several may share an address', async () => {
      const other = await store.resolveUser({
        issuer: 'host:x',
        subject: '1',
        kind: 'host',
        name: 'Ada of X',
        email: 'ada@example.org',
      });
      expect(await store.findUsers(bob.id)).toEqual([bob]);
      expect(await store.findUsers('ada@example.org')).toEqual([ada, other]);
      expect(await store.findUsers('nobody@example.org')).toEqual([]);
    });
  });
}
