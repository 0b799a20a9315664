import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { NOVEMBER, storeScenario, USAGE } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';
import { identity, RESERVATION } from './store.fixture.ts';

/** What every store must do with charges, limits and idempotency keys. */
export function chargesAndLimitsContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`charges, limits and idempotency: ${name}`, () => {
    const { get, send, settle, spent } = storeScenario(start);
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ harness, store, ada } = get()));

    test('a charge never exceeds the reservation', async () => {
      const chat = await store.createChat(ada.id, null);
      const { generationId } = await send(chat.id, 'question');
      const { generation } = await settle(generationId, { usage: { ...USAGE, totalTokens: 175 } });
      expect(generation.tokensUsed).toBe(100);
      expect(generation.usage?.totalTokens).toBe(175);
      expect(await spent(ada.id)).toEqual({ used: 100, reserved: 0 });
      expect(await store.checkLedger()).toEqual([]);
    });

    test('a charge never exceeds the reservation in money either', async () => {
      const chat = await store.createChat(ada.id, null);
      const cheap = await send(chat.id, 'cheap');
      expect((await store.findAccount(ada.id)).balance.reserved.costMicros).toBe(50);
      const settled = await settle(cheap.generationId);
      expect(settled.account?.balance.used).toEqual({ tokens: 30, costMicros: 20 });
      expect(settled.generation.costMicros).toBe(20);
      const expensive = await send(chat.id, 'expensive');
      expect((await settle(expensive.generationId, { costMicros: 80 })).message.costMicros).toBe(50);
      const unpriced = await send(chat.id, 'unpriced');
      expect((await settle(unpriced.generationId, { costMicros: null })).message.costMicros).toBeNull();
      const { used, reserved } = (await store.findAccount(ada.id)).balance;
      expect(used).toEqual({ tokens: 90, costMicros: 70 });
      expect(reserved).toEqual({ tokens: 0, costMicros: 0 });
      expect(await store.checkLedger()).toEqual([]);
    });

    test('charges are summed up by day, model and chat, and by the source of their token counts', async () => {
      const one = await store.createChat(ada.id, 'Mills');
      const other = await store.createChat(ada.id, null);
      await settle((await send(one.id, 'first')).generationId);
      harness.setNow(NOVEMBER + 86_400_000);
      await settle((await send(one.id, 'second')).generationId, { model: 'second-model' });
      await settle((await send(other.id, 'third')).generationId, { usageSource: 'estimate' });
      const none = { provider: 0, tokenizer: 0, estimate: 0 };
      expect(await store.findUsage(ada.id)).toEqual({
        days: [
          {
            key: '2026-11-21',
            replies: 1,
            tokens: 30,
            costMicros: 20,
            tokensBySource: { ...none, provider: 30 },
          },
          {
            key: '2026-11-22',
            replies: 2,
            tokens: 60,
            costMicros: 40,
            tokensBySource: { ...none, provider: 30, estimate: 30 },
          },
        ],
        models: [
          {
            key: 'test-model',
            replies: 2,
            tokens: 60,
            costMicros: 40,
            tokensBySource: { ...none, provider: 30, estimate: 30 },
          },
          {
            key: 'second-model',
            replies: 1,
            tokens: 30,
            costMicros: 20,
            tokensBySource: { ...none, provider: 30 },
          },
        ],
        chats: [
          {
            key: one.id,
            replies: 2,
            tokens: 60,
            costMicros: 40,
            tokensBySource: { ...none, provider: 60 },
            title: 'Mills',
            isDeleted: false,
          },
          {
            key: other.id,
            replies: 1,
            tokens: 30,
            costMicros: 20,
            tokensBySource: { ...none, estimate: 30 },
            title: 'third',
            isDeleted: false,
          },
        ],
      });
      expect((await store.findUsage((await store.resolveUser(identity('bob'))).id)).days).toEqual([]);
    });

    test('the usage of a deleted chat is still listed, without its title', async () => {
      const chat = await store.createChat(ada.id, 'Secret');
      await settle((await send(chat.id, 'question')).generationId);
      await store.deleteChat(ada.id, chat.id);
      expect((await store.findUsage(ada.id)).chats).toMatchObject([
        { key: chat.id, tokens: 30, title: null, isDeleted: true },
      ]);
    });

    test('parallel reservations see each other', async () => {
      const chat = await store.createChat(ada.id, null);
      const limit = 1000;
      const attempts = Array.from({ length: 50 }, () =>
        send(chat.id, 'parallel', {
          reserve(_context, { balance: { used, reserved } }) {
            if (used.tokens + reserved.tokens + 100 > limit) throw new Error('over');
            return RESERVATION;
          },
        }),
      );
      const results = await Promise.allSettled(attempts);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
      expect(await spent(ada.id)).toEqual({ used: 0, reserved: 1000 });
    });

    test('parallel starts never exceed the limit of running replies of a user in all chats', async () => {
      const chats = await Promise.all([1, 2].map(() => store.createChat(ada.id, null)));
      const bob = await store.resolveUser(identity('bob'));
      const bobs = await store.createChat(bob.id, null);
      await send(bobs.id, 'of another user', { userId: bob.id });
      await settle((await send(chats[0]?.id ?? '', 'over')).generationId);
      const attempts = Array.from({ length: 10 }, (_, index) =>
        send(chats[index % 2]?.id ?? '', `${index}`, { maxConcurrentReplies: 3 }),
      );
      const results = await Promise.allSettled(attempts);
      const started = results.filter((result) => result.status === 'fulfilled');
      const refused = results.filter((result) => result.status === 'rejected');
      expect(started).toHaveLength(3);
      for (const { reason } of refused)
        expect(reason).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 });
      await expect(
        send(bobs.id, 'one more', { userId: bob.id, maxConcurrentReplies: 2 }),
      ).resolves.toBeTruthy();
      await settle(started[0]?.value.generationId ?? '', { status: 'stopped' });
      await send(chats[0]?.id ?? '', 'in its place', { maxConcurrentReplies: 3 });
    });

    test('a start refused by that limit leaves nothing behind, and can be repeated with its key', async () => {
      const chat = await store.createChat(ada.id, null);
      const running = await send(chat.id, 'running');
      const idempotency = { key: 'k', fingerprint: 'request' };
      const attempt = () => send(chat.id, 'more', { maxConcurrentReplies: 1, idempotency });
      await expect(attempt()).rejects.toMatchObject({ code: 'rate_limited' });
      const { items } = await store.listMessages(ada.id, chat.id, { cursor: undefined, limit: 10 });
      expect(items).toHaveLength(2);
      expect(await spent(ada.id)).toEqual({ used: 0, reserved: 100 });
      await settle(running.generationId);
      await attempt();
      // A repeated request is answered even while the maximum of replies is running.
      await expect(attempt()).rejects.toThrow('repeated');
    });

    test('an idempotency key applies to one user and one request', async () => {
      const chat = await store.createChat(ada.id, null);
      const idempotency = { key: 'k', fingerprint: 'request' };
      expect(await store.findIdempotentResult(ada.id, idempotency)).toBeNull();
      const { generationId } = await send(chat.id, 'once', { idempotency });
      expect(await store.findIdempotentResult(ada.id, idempotency)).toBe(generationId);
      const bob = await store.resolveUser(identity('bob'));
      expect(await store.findIdempotentResult(bob.id, idempotency)).toBeNull();
      const other = { key: 'k', fingerprint: 'another request' };
      await expect(store.findIdempotentResult(ada.id, other)).rejects.toMatchObject({
        code: 'idempotency_mismatch',
      });
    });

    test('a charge belongs to the month in which the reply started', async () => {
      const chat = await store.createChat(ada.id, null);
      const { generationId } = await send(chat.id, 'question');
      harness.setNow(Date.UTC(2026, 11, 1));
      await settle(generationId);
      expect(await spent(ada.id)).toEqual({ used: 0, reserved: 0 });
      harness.setNow(NOVEMBER);
      expect(await spent(ada.id)).toEqual({ used: 30, reserved: 0 });
    });

    test('the same key with the same request starts one generation, another request is refused', async () => {
      const chat = await store.createChat(ada.id, null);
      const idempotency = { key: 'k', fingerprint: 'request' };
      const { generationId } = await send(chat.id, 'once', { idempotency });
      await expect(send(chat.id, 'once', { idempotency })).rejects.toThrow('repeated');
      const other = { key: 'k', fingerprint: 'another request' };
      const refusal = { code: 'idempotency_mismatch' };
      await expect(send(chat.id, 'twice', { idempotency: other })).rejects.toMatchObject(refusal);
      const { items } = await store.listMessages(ada.id, chat.id, { cursor: undefined, limit: 10 });
      expect(items.map((message) => message.generationId)).toEqual([null, generationId]);
      const bob = await store.resolveUser(identity('bob'));
      const bobs = await store.createChat(bob.id, null, { idempotency });
      expect(await store.createChat(bob.id, null, { idempotency })).toEqual(bobs);
      await store.deleteIdempotencyKeys(NOVEMBER + 1);
      await send(chat.id, 'later', { idempotency: other });
    });

    test('a refused start leaves its key unused', async () => {
      const chat = await store.createChat(ada.id, null);
      const idempotency = { key: 'k', fingerprint: 'request' };
      const refuse = () => {
        throw new Error('refused');
      };
      await expect(send(chat.id, 'hi', { idempotency, reserve: refuse })).rejects.toThrow('refused');
      expect((await send(chat.id, 'hi', { idempotency })).context).toHaveLength(1);
    });
  });
}
