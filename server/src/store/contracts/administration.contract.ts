import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { identity } from './store.fixture.ts';
import { NOVEMBER, storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

/** What every store must do with the actions of administrators. */
export function administrationContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`administration: ${name}`, () => {
    const { get, send, settle } = storeScenario(start);
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ harness, store, ada } = get()));

    const page = { cursor: undefined, limit: 10 };
    let admin: User;
    beforeEach(async () => {
      admin = await store.resolveUser(identity('admin'), { mayAdminister: true });
    });

    test('a grant adds to the month in which it was given, and is in the ledger', async () => {
      await store.grant(admin.id, ada.id, { tokens: 500, costMicros: 0 }, 'sorry');
      await store.grant(admin.id, ada.id, { tokens: 0, costMicros: 70 }, '');
      expect((await store.findAccount(ada.id)).balance.granted).toEqual({ tokens: 500, costMicros: 70 });
      expect(await store.checkLedger()).toEqual([]);
      harness.setNow(Date.UTC(2026, 11, 1));
      expect((await store.findAccount(ada.id)).balance.granted).toEqual({ tokens: 0, costMicros: 0 });
    });

    test('limits are set separately, and can be reset', async () => {
      await store.setLimits(admin.id, ada.id, { tokens: 0 });
      await store.setLimits(admin.id, ada.id, { costMicros: 'none' });
      await store.setCap(ada.id, 40);
      expect((await store.findAccount(ada.id)).limits).toEqual({ tokens: 0, costMicros: 'none', cap: 40 });
      await store.setLimits(admin.id, ada.id, { tokens: 'default' });
      expect((await store.findAccount(ada.id)).limits).toEqual({
        tokens: 'default',
        costMicros: 'none',
        cap: 40,
      });
    });

    test('the audit log has all limits before and after a change, also when one is given as undefined', async () => {
      await store.setLimits(null, ada.id, { tokens: 5000, costMicros: undefined });
      const [entry] = (await store.listAuditLog(page)).items;
      const before = { tokens: 'default', costMicros: 'default', cap: null };
      expect(entry).toMatchObject({
        action: 'limits',
        details: { before, after: { ...before, tokens: 5000 } },
      });
    });

    test('the last administrator can’t be removed', async () => {
      const refusal = { code: 'invalid_request', message: expect.stringContaining('Make another user an') };
      await expect(store.setRole(admin.id, admin.id, 'user')).rejects.toMatchObject(refusal);
      await expect(store.deleteUser(admin.id, admin.id)).rejects.toMatchObject(refusal);
      expect((await store.setRole(admin.id, ada.id, 'admin')).user.roles).toEqual(['admin']);
      expect((await store.setRole(ada.id, admin.id, 'user')).user.roles).toEqual(['user']);
    });

    test('a user is deleted with everything but the ledger', async () => {
      const chat = await store.createChat(ada.id, 'mine');
      const { generationId } = await send(chat.id, 'question');
      const running = await store.deleteUser(admin.id, ada.id);
      expect(running).toEqual({ issuer: 'local', subject: 'ada', running: [generationId] });
      await settle(generationId);
      expect((await store.deleteUser(admin.id, ada.id)).running).toEqual([]);
      await expect(store.findAccount(ada.id)).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.findChat(ada.id, chat.id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await store.checkLedger()).toEqual([]);
      expect((await store.findUsage(ada.id)).days).toMatchObject([{ tokens: 30 }]);
      const again = await store.resolveUser(identity('ada'));
      expect(again.id).not.toBe(ada.id);
    });

    test('actions of administrators are in the audit log, newest first', async () => {
      await store.grant(admin.id, ada.id, { tokens: 5, costMicros: 0 }, 'gift');
      await store.setLimits(admin.id, ada.id, { tokens: 9 });
      await store.setRole(admin.id, ada.id, 'admin');
      await store.deleteUser(admin.id, ada.id);
      const { items } = await store.listAuditLog(page);
      expect(items.map(({ action }) => action)).toEqual(['user_deleted', 'role', 'limits', 'grant']);
      expect(items.every(({ actorId, subjectId }) => actorId === admin.id && subjectId === ada.id)).toBe(
        true,
      );
      expect(items[3]).toMatchObject({ details: { tokens: 5, costMicros: 0, note: 'gift' }, at: NOVEMBER });
      expect(items[3]).toMatchObject({ actorName: 'admin', subjectName: null });
      const first = await store.listAuditLog({ ...page, limit: 3 });
      expect(first.nextCursor).not.toBeNull();
      const rest = await store.listAuditLog({ ...page, cursor: first.nextCursor ?? undefined });
      expect(rest.items).toEqual(items.slice(3));
    });

    test('users are listed in pages and found by name and email address', async () => {
      await store.resolveUser(identity('grace', { name: 'Grace 100%', email: 'hopper@example.org' }));
      const names = async (search?: string) =>
        (await store.listAccounts({ ...page, search })).items.map(({ user }) => user.name);
      expect(await names()).toEqual(['ada', 'admin', 'Grace 100%']);
      expect(await names('hopper')).toEqual(['Grace 100%']);
      expect(await names('0%')).toEqual(['Grace 100%']);
      expect(await names('_d')).toEqual([]);
      const { items, nextCursor } = await store.listAccounts({ ...page, limit: 2 });
      expect(items).toHaveLength(2);
      const next = await store.listAccounts({ ...page, cursor: nextCursor ?? undefined });
      expect(next.items.map(({ user }) => user.name)).toEqual(['Grace 100%']);
    });

    test.each([
      ['setLimits', () => store.setLimits(admin.id, admin.id.replace(/^./, 'f'), {})],
      ['setRole', () => store.setRole(admin.id, admin.id.replace(/^./, 'f'), 'user')],
      ['grant', () => store.grant(admin.id, admin.id.replace(/^./, 'f'), { tokens: 1, costMicros: 0 }, '')],
      ['deleteUser', () => store.deleteUser(admin.id, admin.id.replace(/^./, 'f'))],
    ])('%s for an unknown user is not found, and not in the audit log', async (_name, attempt) => {
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
      expect((await store.listAuditLog(page)).items).toEqual([]);
    });
  });
}
