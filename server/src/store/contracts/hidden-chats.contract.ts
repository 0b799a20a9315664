import { API_USAGE_KEY, messageText } from '@millrace/protocol';
import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { StartGeneration, StartedGeneration } from '../transactions/start-generation.ts';
import { endReply, RESERVATION, planWith, startReply, userNamed } from './store.fixture.ts';
import { NOVEMBER, storeScenario, USAGE } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

const FIRST_SEQUENCE = 3;

/** What every store must do with hidden chats. */
export function hiddenChatsContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`hidden chats: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ harness, store, ada } = get()));

    function ask(changes: Partial<StartGeneration> = {}): Promise<StartedGeneration> {
      const messages = [
        { role: 'user' as const, text: 'One?' },
        { role: 'assistant' as const, text: 'One.' },
        { role: 'user' as const, text: 'Two?' },
      ];
      return startReply(store, {
        userId: ada.id,
        generationId: nextId(),
        origin: { kind: 'transcript', messages, settings: { systemPrompt: 'Be brief.' } },
        ...changes,
      });
    }

    async function askToTheEnd(changes: Partial<StartGeneration> = {}): Promise<StartedGeneration> {
      const started = await ask(changes);
      await endReply(store, started.generationId, { usage: USAGE, costMicros: 20 });
      await store.closeGeneration(started.generationId, FIRST_SEQUENCE);
      return started;
    }

    test('the messages and settings of a request become the context of the reply', async () => {
      const seen: unknown[] = [];
      const started = await ask({
        planFor: (settings) => {
          seen.push(settings);
          return planWith(() => RESERVATION)();
        },
      });
      expect(seen).toEqual([{ systemPrompt: 'Be brief.' }]);
      const said = started.context.map((message) => `${message.role}: ${messageText(message)}`);
      expect(said).toEqual(['user: One?', 'assistant: One.', 'user: Two?']);
      expect(started.userMessage?.id).toBe(started.context.at(-1)?.id);
      expect(started.assistantMessage.parentId).toBe(started.userMessage?.id);
    });

    test('a hidden chat is not listed or counted, and only its owner can read it', async () => {
      const { generationId } = await askToTheEnd();
      const bob = await userNamed(store, 'bob');
      expect((await store.listChats(ada.id, { archived: false, cursor: undefined, limit: 9 })).items).toEqual(
        [],
      );
      await store.createChat(ada.id, 'seen', { maxChats: 1 });
      expect((await store.findGeneration(ada.id, generationId)).status).toBe('completed');
      await expect(store.findGeneration(bob.id, generationId)).rejects.toMatchObject({ code: 'not_found' });
    });

    test('a refused request leaves nothing behind', async () => {
      const refuse = planWith(() => {
        throw new Error('refused');
      });
      await expect(ask({ planFor: refuse })).rejects.toThrow('refused');
      harness.setNow(NOVEMBER + 1000);
      expect(await store.removeHiddenChats(NOVEMBER + 1000)).toBe(0);
    });

    test('all hidden chats share one line of the usage, even after they are removed', async () => {
      await askToTheEnd();
      await askToTheEnd();
      const line = { key: API_USAGE_KEY, replies: 2, tokens: 60, title: null, isDeleted: false };
      expect((await store.findUsage(ada.id)).chats).toMatchObject([line]);
      expect(await store.removeHiddenChats(NOVEMBER + 1)).toBe(2);
      expect((await store.findUsage(ada.id)).chats).toMatchObject([line]);
      expect(await store.checkLedger()).toEqual([]);
    });

    test('hidden chats are removed some time after their reply ended, and other chats never are', async () => {
      const seen = await store.createChat(ada.id, 'seen');
      const early = await askToTheEnd();
      harness.setNow(NOVEMBER + 1000);
      const late = await askToTheEnd();
      expect(await store.removeHiddenChats(NOVEMBER + 1000)).toBe(1);
      await expect(store.findGeneration(ada.id, early.generationId)).rejects.toMatchObject({
        code: 'not_found',
      });
      expect((await store.findGeneration(ada.id, late.generationId)).status).toBe('completed');
      expect(await store.removeHiddenChats(NOVEMBER + 5000)).toBe(1);
      expect(await store.removeHiddenChats(NOVEMBER + 5000)).toBe(0);
      expect((await store.findChat(ada.id, seen.id)).title).toBe('seen');
    });

    test('a hidden chat stays while its reply runs or its end may be missing from the event log', async () => {
      const { generationId } = await ask();
      expect(await store.removeHiddenChats(NOVEMBER + 5000)).toBe(0);
      await endReply(store, generationId);
      expect(await store.removeHiddenChats(NOVEMBER + 5000)).toBe(0);
      await store.closeGeneration(generationId, FIRST_SEQUENCE);
      expect(await store.removeHiddenChats(NOVEMBER + 5000)).toBe(1);
    });

    test('a hidden chat stays as long as its idempotency key', async () => {
      const idempotency = { key: 'key', fingerprint: 'same' };
      const { generationId } = await askToTheEnd({ idempotency });
      expect(await store.removeHiddenChats(NOVEMBER + 5000)).toBe(0);
      expect(await store.findIdempotentResult(ada.id, idempotency)).toBe(generationId);
      await store.deleteIdempotencyKeys(NOVEMBER + 5000);
      expect(await store.removeHiddenChats(NOVEMBER + 5000)).toBe(1);
    });
  });
}
