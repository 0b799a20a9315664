import type { ChatSettings, User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { ReplyPlan } from '../transactions/begin-generation.ts';
import type { StartGeneration, StartedGeneration } from '../transactions/start-generation.ts';
import { endReply, RESERVATION, planWith, startReply } from './store.fixture.ts';
import { storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

const SETTINGS: ChatSettings = {
  model: 'chosen-model',
  temperature: 0.5,
  safety: { hate: 'block_low' },
  systemPrompt: 'Be 水 brief.',
};

/** What every store must do with the settings of chats. */
export function chatSettingsContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`chat settings: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ store, ada } = get()));

    /** Starts a reply. @returns the reply, and the settings from which its plan was made */
    async function ask(origin: StartGeneration['origin'], changes: Partial<ReplyPlan> = {}) {
      const seen: ChatSettings[] = [];
      const plan = { ...planWith(() => RESERVATION)(), ...changes };
      const started = await startReply(store, {
        userId: ada.id,
        generationId: nextId(),
        origin,
        planFor: (chat) => {
          seen.push(chat);
          return plan;
        },
      });
      return { started, seen };
    }

    function end({ generationId }: StartedGeneration) {
      return endReply(store, generationId, { model: 'answering-model' });
    }

    const sending = (chatId: string) =>
      ({ kind: 'send', chatId, content: 'Hi', parentId: undefined }) as const;

    test('a new chat has no settings, and keeps those it gets', async () => {
      const plain = await store.createChat(ada.id, null);
      expect(plain.settings).toEqual({});
      const chat = await store.createChat(ada.id, null, { settings: SETTINGS });
      expect(chat.settings).toEqual(SETTINGS);
      expect((await store.findChat(ada.id, chat.id)).settings).toEqual(SETTINGS);
      const { items } = await store.listChats(ada.id, { archived: false, cursor: undefined, limit: 10 });
      expect(items.find(({ id }) => id === chat.id)?.settings).toEqual(SETTINGS);
    });

    test('concurrent changes of settings are all stored', async () => {
      const chat = await store.createChat(ada.id, null);
      const adding = (settings: ChatSettings) => (current: ChatSettings) => ({ ...current, ...settings });
      await Promise.all([
        store.updateChat(ada.id, chat.id, { settings: adding({ temperature: 1 }) }),
        store.updateChat(ada.id, chat.id, { settings: adding({ thinking: 'low' }) }),
      ]);
      const changed = await store.updateChat(ada.id, chat.id, { title: 'Mill' });
      expect(changed).toMatchObject({ title: 'Mill', settings: { temperature: 1, thinking: 'low' } });
    });

    test('a refused change of settings changes nothing else', async () => {
      const chat = await store.createChat(ada.id, 'before', { settings: SETTINGS });
      const refusal = new Error('they don’t go together');
      const settings = () => {
        throw refusal;
      };
      await expect(store.updateChat(ada.id, chat.id, { title: 'after', settings })).rejects.toBe(refusal);
      expect(await store.findChat(ada.id, chat.id)).toMatchObject({ title: 'before', settings: SETTINGS });
    });

    test('every generation is planned with the settings of its chat', async () => {
      const chat = await store.createChat(ada.id, null, { settings: SETTINGS });
      const { started, seen } = await ask(sending(chat.id));
      expect(seen).toEqual([SETTINGS]);
      await end(started);
      const messageId = started.assistantMessage.id;
      expect((await ask({ kind: 'regenerate', messageId })).seen).toEqual([SETTINGS]);
      expect((await ask({ kind: 'continue', messageId })).seen).toEqual([SETTINGS]);

      const seenBySummary: ChatSettings[] = [];
      await store.startSummary({
        userId: ada.id,
        generationId: nextId(),
        nodeId: 'node-1',
        enforcesGlobalLimit: false,
        messageId,
        pathMessages: 10,
        countToSummarize: (path) => path.length,
        planFor: (settings) => {
          seenBySummary.push(settings);
          return planWith(() => RESERVATION)();
        },
      });
      expect(seenBySummary).toEqual([SETTINGS]);
    });

    test('a generation uses the model of its plan and returns it', async () => {
      const chat = await store.createChat(ada.id, null);
      const { settings } = planWith(() => RESERVATION)();
      const { started } = await ask(sending(chat.id), { settings: { ...settings, model: 'planned-model' } });
      expect(started).toMatchObject({ model: 'planned-model', settings: { model: 'planned-model' } });
      expect((await store.findGeneration(ada.id, started.generationId)).model).toBe('planned-model');
    });

    test('a failed plan starts nothing and reserves nothing', async () => {
      const chat = await store.createChat(ada.id, null);
      const refusal = new Error('no such model');
      const begun = startReply(store, {
        userId: ada.id,
        generationId: nextId(),
        origin: sending(chat.id),
        planFor: () => {
          throw refusal;
        },
      });
      await expect(begun).rejects.toBe(refusal);
      expect((await store.listMessages(ada.id, chat.id, { cursor: undefined, limit: 10 })).items).toEqual([]);
      expect((await store.findAccount(ada.id)).balance.reserved).toEqual({ tokens: 0, costMicros: 0 });
    });

    test('reply cache keys of any length are compared completely', async () => {
      const key = (end: string) => ({ questionKey: 'x'.repeat(5000) + end, since: 0 });
      const first = await store.createChat(ada.id, null);
      await end((await ask(sending(first.id), { cache: key('a') })).started);
      const [second, third] = [await store.createChat(ada.id, null), await store.createChat(ada.id, null)];
      expect((await ask(sending(second.id), { cache: key('b') })).started.cached).toBeNull();
      expect((await ask(sending(third.id), { cache: key('a') })).started.cached).not.toBeNull();
    });
  });
}
