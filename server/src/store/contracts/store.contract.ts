import type { Message, User } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { ReplyPlan } from '../transactions/begin-generation.ts';
import type { IdempotencyKey } from '../transactions/idempotency.ts';
import type { Settlement } from '../transactions/settle-generation.ts';
import type { StartGeneration, StartedGeneration } from '../transactions/start-generation.ts';
import type { Identity } from '../transactions/users.ts';
import { endReply, RESERVATION, planWith, startReply } from './store.fixture.ts';

/** One kind of store, as the suites use it. */
export interface StoreHarness {
  store: Store;
  /** Sets the clock (ms). */
  setNow(now: number): void;
  close(): Promise<void>;
}

const NOVEMBER = Date.UTC(2026, 10, 21);
const USAGE = {
  promptTokens: 10,
  cachedTokens: 0,
  outputTokens: 20,
  thoughtTokens: 0,
  toolUseTokens: 0,
  totalTokens: 30,
};

/** What every store must do with users, chats, generations and nodes. */
export function storeContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`store: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    let generationCount = 0;
    beforeEach(async () => {
      harness = await start();
      harness.setNow(NOVEMBER);
      store = harness.store;
      ada = await store.resolveUser(identity('ada'));
      await store.registerNode(node('node-1'));
    });
    afterEach(() => harness.close());

    function identity(subject: string, changes: Partial<Identity> = {}): Identity {
      return { issuer: 'local', subject, kind: 'password', name: subject, email: null, ...changes };
    }

    function node(id: string, renewals = 0) {
      return { id, renewals, process: '' };
    }

    async function send(
      chatId: string,
      content: string,
      {
        reserve = () => RESERVATION,
        ...changes
      }: Partial<StartGeneration & ReplyPlan> & { parentId?: string | null } = {},
    ): Promise<StartedGeneration> {
      generationCount += 1;
      return startReply(store, {
        userId: ada.id,
        generationId: String(generationCount).padStart(16, '0'),
        enforcesGlobalLimit: true,
        usesSummaries: true,
        origin: { kind: 'send', chatId, content, parentId: changes.parentId },
        planFor: planWith(reserve),
        ...changes,
      });
    }

    function settle(generationId: string, changes: Partial<Settlement> = {}) {
      return endReply(store, generationId, { usage: USAGE, costMicros: 20, ...changes });
    }

    /** The balance in tokens. */
    async function spent(userId: string) {
      const { used, reserved } = (await store.findAccount(userId)).balance;
      return { used: used.tokens, reserved: reserved.tokens };
    }

    const texts = (messages: readonly Message[]) =>
      messages.map(({ parts }) => parts.map((part) => ('text' in part ? part.text : '')).join(''));

    describe('users', () => {
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

    describe('chats', () => {
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
        await store.createChat(bob.id, 'of somebody else');
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

    describe('generations', () => {
      test('a question follows the newest message, the given one, or none', async () => {
        const chat = await store.createChat(ada.id, null);
        const first = await send(chat.id, 'first');
        const second = await send(chat.id, 'second');
        expect(second.userMessage?.parentId).toBe(first.assistantMessage.id);
        const edited = await send(chat.id, 'edited', { parentId: first.assistantMessage.id });
        expect(edited.userMessage?.parentId).toBe(first.assistantMessage.id);
        const unrelated = await send(chat.id, 'unrelated', { parentId: null });
        expect(unrelated.userMessage?.parentId).toBeNull();
        const { items } = await store.listMessages(ada.id, chat.id, { cursor: undefined, limit: 100 });
        expect(texts(items).filter((text) => text !== '')).toEqual([
          'first',
          'second',
          'edited',
          'unrelated',
        ]);
      });

      test('the context is the last part of the path to the question, oldest first', async () => {
        const chat = await store.createChat(ada.id, null);
        let started = await send(chat.id, 'q1');
        for (let index = 2; index <= 4; index += 1) {
          await settle(started.generationId, { parts: [{ type: 'text', text: `a${index - 1}` }] });
          started = await send(chat.id, `q${index}`);
        }
        await send(chat.id, 'elsewhere', { parentId: null });
        const last = await send(chat.id, 'q4 again', {
          parentId: started.userMessage?.parentId ?? null,
          contextMessages: 4,
        });
        expect(texts(last.context)).toEqual(['a2', 'q3', 'a3', 'q4 again']);
      });

      test('regenerating adds a second reply to the same question', async () => {
        const chat = await store.createChat(ada.id, null);
        const first = await send(chat.id, 'question');
        const again = await send(chat.id, '', {
          origin: { kind: 'regenerate', messageId: first.assistantMessage.id },
        });
        expect(again.userMessage).toBeNull();
        expect(again.assistantMessage.parentId).toBe(first.userMessage?.id);
        expect(texts(again.context)).toEqual(['question']);
      });

      test('a refused reservation leaves nothing behind', async () => {
        const chat = await store.createChat(ada.id, null);
        const refused = send(chat.id, 'too dear', {
          reserve() {
            throw new Error('refused');
          },
        });
        await expect(refused).rejects.toThrow('refused');
        const { items } = await store.listMessages(ada.id, chat.id, { cursor: undefined, limit: 10 });
        expect(items).toEqual([]);
        expect(await store.findChat(ada.id, chat.id)).toMatchObject({ title: null });
        expect(await store.listUnfinishedGenerations('node-1')).toEqual([]);
        expect(await spent(ada.id)).toEqual({ used: 0, reserved: 0 });
      });

      test('a generation is settled once, and settling it again returns how it ended', async () => {
        const chat = await store.createChat(ada.id, null);
        const { generationId } = await send(chat.id, 'question');
        expect(await spent(ada.id)).toEqual({ used: 0, reserved: 100 });
        const { generation, message } = await settle(generationId);
        expect(generation).toMatchObject({ status: 'completed', tokensUsed: 30, usage: USAGE });
        expect(message).toMatchObject({ status: 'completed', parts: [{ type: 'text', text: 'answer' }] });
        const again = await settle(generationId, { status: 'failed', parts: [], usage: null });
        expect(again).toEqual({ generation, message, charge: null, account: null });
        expect(await spent(ada.id)).toEqual({ used: 30, reserved: 0 });
      });

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
        const dear = await send(chat.id, 'dear');
        expect((await settle(dear.generationId, { costMicros: 80 })).message.costMicros).toBe(50);
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
        await send(bobs.id, 'of somebody else', { userId: bob.id });
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

      test('a continuation follows the reply that it continues', async () => {
        const chat = await store.createChat(ada.id, null);
        const first = await send(chat.id, 'question');
        const { message } = await settle(first.generationId, { status: 'interrupted' });
        const next = await send(chat.id, '', { origin: { kind: 'continue', messageId: message.id } });
        expect(next.assistantMessage).toMatchObject({ parentId: message.id, continues: message.id });
        expect(texts(next.context)).toEqual(['question', 'answer']);
        const unended = { kind: 'continue' as const, messageId: next.assistantMessage.id };
        await expect(send(chat.id, '', { origin: unended })).rejects.toMatchObject({
          code: 'invalid_request',
        });
      });

      test('a stop asked of another node is seen by that node until the generation has ended', async () => {
        const chat = await store.createChat(ada.id, null);
        const { generationId } = await send(chat.id, 'question');
        expect(await store.listStopRequests('node-1')).toEqual([]);
        await store.requestStop(generationId);
        expect(await store.listStopRequests('node-1')).toEqual([generationId]);
        expect(await store.listStopRequests('node-2')).toEqual([]);
        await settle(generationId, { status: 'stopped' });
        expect(await store.listStopRequests('node-1')).toEqual([]);
      });

      test('unfinished generations are running or have no end in the event log', async () => {
        const chat = await store.createChat(ada.id, null);
        const running = await send(chat.id, 'running');
        const settled = await send(chat.id, 'settled');
        const closed = await send(chat.id, 'closed');
        await settle(settled.generationId);
        await settle(closed.generationId);
        await store.closeGeneration(closed.generationId, 7);
        expect(await store.listUnfinishedGenerations('node-1')).toEqual([
          running.generationId,
          settled.generationId,
        ]);
        const { chatId, generationId, model, promptTokens, userMessage, assistantMessage } = running;
        const context = { chatId, generationId, model, promptTokens, userMessage, assistantMessage };
        expect(await store.findGenerationContext(generationId)).toEqual(context);
        expect((await store.findReply(ada.id, closed.generationId)).lastSequence).toBe(7);
      });
    });

    describe('administration', () => {
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

      test('the last administrator can’t be removed', async () => {
        const refusal = { code: 'invalid_request' };
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
      ])('%s of nobody is not found, and not in the audit log', async (_name, attempt) => {
        await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
        expect((await store.listAuditLog(page)).items).toEqual([]);
      });
    });

    describe('nodes', () => {
      test('exactly one node takes over from an expired node, which can settle nothing', async () => {
        await store.registerNode(node('node-2'));
        await store.registerNode(node('node-3'));
        const chat = await store.createChat(ada.id, null);
        const { generationId } = await send(chat.id, 'question');
        const counts = await Promise.all(
          ['node-2', 'node-3'].map((newOwner) => store.takeOver([node('node-1')], newOwner)),
        );
        expect(counts.toSorted((a, b) => a - b)).toEqual([0, 1]);
        expect(await store.renewNode('node-1')).toBe(false);
        await expect(settle(generationId)).rejects.toMatchObject({ name: 'LeaseLostError' });
        const newOwner = counts[0] === 1 ? 'node-2' : 'node-3';
        expect(await store.listUnfinishedGenerations(newOwner)).toEqual([generationId]);
        const { generation } = await settle(generationId, { nodeId: newOwner, status: 'interrupted' });
        expect(generation.status).toBe('interrupted');
      });

      test('an expired node starts nothing, and its attempt leaves nothing behind', async () => {
        await store.registerNode(node('node-2'));
        await store.takeOver([node('node-1')], 'node-2');
        const chat = await store.createChat(ada.id, null);
        await expect(send(chat.id, 'question')).rejects.toMatchObject({ name: 'LeaseLostError' });
        expect((await store.listMessages(ada.id, chat.id, { limit: 10, cursor: undefined })).items).toEqual(
          [],
        );
        expect((await spent(ada.id)).reserved).toBe(0);
        expect((await send(chat.id, 'question', { nodeId: 'node-2' })).chatId).toBe(chat.id);
      });

      test('a node that renewed its lease in time keeps its generations', async () => {
        await store.registerNode(node('node-2'));
        const chat = await store.createChat(ada.id, null);
        await send(chat.id, 'question');
        expect(await store.renewNode('node-1')).toBe(true);
        expect(await store.takeOver([node('node-1')], 'node-2')).toBe(0);
        expect(await store.listNodes()).toEqual([node('node-1', 1), node('node-2')]);
      });

      test('the unfinished generations of a node that shut down are taken over too', async () => {
        await store.registerNode(node('node-2'));
        const chat = await store.createChat(ada.id, null);
        await send(chat.id, 'question');
        await store.removeNode('node-1');
        expect(await store.takeOver([], 'node-2')).toBe(1);
      });
    });
  });
}
