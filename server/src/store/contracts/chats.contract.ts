import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { IdempotencyKey } from '../transactions/idempotency.ts';
import { identity } from './store.fixture.ts';
import { storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

/** What every store must do with the list of chats and their limits. */
export function chatsContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`chats: ${name}`, () => {
    const { get, send, settle } = storeScenario(start);
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ store, ada } = get()));

    test('users can’t find, change, list or delete the chats of others', async () => {
      const chat = await store.createChat(ada.id, 'private');
      const { generationId } = await send(chat.id, 'secret');
      const eve = (await store.resolveUser(identity('eve'))).id;
      const attempts = [
        () => store.findChat(eve, chat.id),
        () => store.updateChat(eve, chat.id, { title: 'stolen' }),
        () => store.deleteChat(eve, chat.id),
        () => store.listMessages(eve, chat.id, { cursor: undefined, limit: 10 }),
        () => store.findGeneration(eve, generationId),
        () => store.findReply(eve, generationId),
        () => store.isMessageInChat(eve, chat.id, chat.id),
        () => send(chat.id, 'intrusion', { userId: eve }),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
      const page = await store.listChats(eve, { archived: false, cursor: undefined, limit: 10 });
      expect(page.items).toEqual([]);
      expect(await store.findChat(ada.id, chat.id)).toMatchObject({ title: 'private' });
    });

    test('pages contain every chat once, pinned ones first, even when several changed at the same instant', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 7; index += 1) ids.push((await store.createChat(ada.id, `${index}`)).id);
      await store.updateChat(ada.id, ids[2] ?? '', { pinned: true });
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listChats(ada.id, { archived: false, cursor, limit: 2 });
        seen.push(...page.items.map(({ title }) => title ?? ''));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(['2', '6', '5', '4', '3', '1', '0']);
    });

    test('an invalid cursor is refused', async () => {
      const query = { archived: false, cursor: 'nonsense', limit: 2 };
      await expect(store.listChats(ada.id, query)).rejects.toMatchObject({ code: 'invalid_request' });
    });

    test('archived chats are listed separately', async () => {
      const chat = await store.createChat(ada.id, 'old');
      await store.updateChat(ada.id, chat.id, { archived: true });
      const list = async (archived: boolean) =>
        (await store.listChats(ada.id, { archived, cursor: undefined, limit: 10 })).items.length;
      expect([await list(false), await list(true)]).toEqual([0, 1]);
      await store.updateChat(ada.id, chat.id, { archived: false });
      expect([await list(false), await list(true)]).toEqual([1, 0]);
    });

    test('a deleted chat is not found, and the ids of its running generations are returned', async () => {
      const chat = await store.createChat(ada.id, null);
      const running = await send(chat.id, 'one');
      await settle((await send(chat.id, 'two')).generationId);
      expect(await store.deleteChat(ada.id, chat.id)).toMatchObject({ running: [running.generationId] });
      await expect(store.findChat(ada.id, chat.id)).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.deleteChat(ada.id, chat.id)).rejects.toMatchObject({ code: 'not_found' });
    });

    test('the limit of chats holds for concurrent requests, and ignores deleted and archived chats', async () => {
      const bob = await store.resolveUser(identity('bob'));
      await store.createChat(bob.id, 'of another user');
      const archived = await store.createChat(ada.id, 'archived');
      await store.updateChat(ada.id, archived.id, { archived: true });
      const create = (idempotency: IdempotencyKey | null = null) =>
        store.createChat(ada.id, null, { idempotency, maxChats: 2 });
      const idempotency = { key: 'k', fingerprint: 'request' };
      const chat = await create(idempotency);
      const results = await Promise.allSettled([create(), create(), create()]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      await expect(create()).rejects.toMatchObject({ code: 'chat_limit', status: 403 });
      // A repeated request creates nothing, so the limit doesn't apply.
      expect(await create(idempotency)).toEqual(chat);
      await store.deleteChat(ada.id, chat.id);
      const last = await create();
      await expect(create()).rejects.toMatchObject({ code: 'chat_limit' });
      const back = { archived: false, maxChats: 2 };
      await expect(store.updateChat(ada.id, archived.id, back)).rejects.toMatchObject({
        code: 'chat_limit',
      });
      expect(await store.updateChat(ada.id, last.id, back)).toMatchObject({ id: last.id });
      await store.updateChat(ada.id, last.id, { archived: true });
      expect(await store.updateChat(ada.id, archived.id, back)).toMatchObject({ archived: false });
    });

    test('the first question becomes the title of a chat without one, cut between words and never inside a character', async () => {
      const title = async (content: string) => {
        const chat = await store.createChat(ada.id, null);
        await send(chat.id, content);
        return (await store.findChat(ada.id, chat.id)).title;
      };
      expect(await title('  Hello\n there ')).toBe('Hello there');
      expect(await title('word '.repeat(40))).toBe(`${'word '.repeat(12).trim()}…`);
      expect(await title(`${'x'.repeat(59)}😀😀`)).toBe(`${'x'.repeat(59)}…`);
    });
  });
}
