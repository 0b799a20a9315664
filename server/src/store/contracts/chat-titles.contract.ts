import { messageText } from '@millrace/protocol';
import type { Chat, User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { StartedGeneration } from '../transactions/start-generation.ts';
import type { StartTitle } from '../transactions/start-title.ts';
import { storeScenario, USAGE } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';
import { endReply, RESERVATION, planWith, startReply, userNamed } from './store.fixture.ts';

/** What every store must do with generated titles. */
export function chatTitlesContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`generated titles: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let store: Store;
    let ada: User;
    let chatId: string;
    let reply: StartedGeneration;
    beforeEach(async () => {
      ({ store, ada } = get());
      ({ id: chatId } = await store.createChat(ada.id, null));
      reply = await say('How does a mill work?');
      await end(reply, 'By water.');
    });

    function say(content: string): Promise<StartedGeneration> {
      const origin = { kind: 'send', chatId, content, parentId: undefined } as const;
      return startReply(store, { userId: ada.id, generationId: nextId(), origin });
    }

    function end({ generationId }: StartedGeneration, text: string, usage: typeof USAGE | null = null) {
      return endReply(store, generationId, { parts: [{ type: 'text', text }], usage });
    }

    function begin(changes: Partial<StartTitle> = {}): Promise<StartedGeneration | null> {
      return store.startTitle({
        userId: ada.id,
        generationId: nextId(),
        nodeId: 'node-1',
        enforcesGlobalLimit: false,
        messageId: reply.assistantMessage.id,
        defaultTitle: 'How does a mill work?',
        promptFrom: (question, answer) => `${messageText(question)} ${messageText(answer)}`,
        planFor: planWith(() => RESERVATION),
        ...changes,
      });
    }

    async function begun(): Promise<StartedGeneration> {
      const title = await begin();
      if (title === null) throw new Error('No title was begun');
      return title;
    }

    const chats = async (): Promise<Chat[]> =>
      (await store.listChats(ada.id, { archived: false, cursor: undefined, limit: 10 })).items;

    test('a title is generated in a hidden chat, and charged to the chat that gets it', async () => {
      const title = await begun();
      expect(title.context.map((each) => messageText(each))).toEqual(['How does a mill work? By water.']);
      expect(title).toMatchObject({ reservation: RESERVATION, userMessage: null, cached: null });
      expect((await store.findAccount(ada.id)).balance.reserved.tokens).toBe(RESERVATION.tokens);

      await end(title, 'Watermills', USAGE);
      const { message } = await store.findReply(ada.id, title.generationId);
      expect(messageText(message)).toBe('Watermills');
      expect(await chats()).toHaveLength(1);
      expect((await store.listMessages(ada.id, chatId, { cursor: undefined, limit: 10 })).items).toHaveLength(
        2,
      );
      expect((await store.findUsage(ada.id)).chats).toMatchObject([
        { key: chatId, tokens: USAGE.totalTokens },
      ]);
      expect((await store.findAccount(ada.id)).balance).toMatchObject({
        used: { tokens: USAGE.totalTokens },
        reserved: { tokens: 0 },
      });
      expect(await store.checkLedger()).toEqual([]);
    });

    test('the hidden chat is removed, and its costs stay in the ledger', async () => {
      const title = await begun();
      await end(title, 'Watermills', USAGE);
      await store.closeGeneration(title.generationId, 3);
      expect(await store.removeHiddenChats(Date.UTC(2026, 10, 22))).toBe(1);
      expect(await chats()).toHaveLength(1);
      expect((await store.findUsage(ada.id)).chats).toMatchObject([
        { key: chatId, tokens: USAGE.totalTokens },
      ]);
      expect(await store.checkLedger()).toEqual([]);
    });

    test('a title does not count as a running reply', async () => {
      const title = await begun();
      const origin = { kind: 'send', chatId, content: 'And now?', parentId: undefined } as const;
      const only = { userId: ada.id, origin, maxConcurrentReplies: 1 };
      const { chatId: startedIn } = await startReply(store, { ...only, generationId: nextId() });
      expect(startedIn).toBe(chatId);
      expect(title.chatId).not.toBe(chatId);
    });

    test('a refused reservation leaves nothing behind', async () => {
      const refusal = new Error('nothing left');
      const planFor = planWith(() => {
        throw refusal;
      });
      await expect(begin({ planFor })).rejects.toBe(refusal);
      expect(await store.listUnfinishedGenerations('node-1')).toEqual([reply.generationId]);
    });

    test('no title is generated for a chat with another title, or without text to derive one from', async () => {
      expect(await begin({ promptFrom: () => null })).toBeNull();
      await store.updateChat(ada.id, chatId, { title: 'Mine' });
      expect(await begin()).toBeNull();
    });

    test('no title is generated for hidden and support chats', async () => {
      const messages = [{ role: 'user', text: 'Hi' }] as const;
      const open = {
        kind: 'open',
        chat: 'support',
        maxChats: null,
        content: 'Hi',
        parentId: undefined,
      } as const;
      for (const origin of [{ kind: 'transcript', messages, settings: {} } as const, open]) {
        const started = await startReply(store, { userId: ada.id, generationId: nextId(), origin });
        await end(started, 'Hello');
        const { title } = await store.findChat(ada.id, started.chatId);
        const messageId = started.assistantMessage.id;
        expect(await begin({ messageId, defaultTitle: title ?? '' })).toBeNull();
      }
    });

    test('chats of others and deleted chats get no title', async () => {
      const eve = await userNamed(store, 'eve');
      const names = { defaultTitle: 'How does a mill work?', title: 'Eve’s' };
      await expect(begin({ userId: eve.id })).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.setGeneratedTitle(eve.id, chatId, names)).rejects.toMatchObject({
        code: 'not_found',
      });
      await store.deleteChat(ada.id, chatId);
      await expect(begin()).rejects.toMatchObject({ code: 'not_found' });
      await expect(store.setGeneratedTitle(ada.id, chatId, names)).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    test('a generated title doesn’t move the chat in the list, and never replaces another title', async () => {
      const before = await store.findChat(ada.id, chatId);
      const defaultTitle = 'How does a mill work?';
      await store.setGeneratedTitle(ada.id, chatId, { defaultTitle, title: 'Watermills' });
      expect(await chats()).toEqual([{ ...before, title: 'Watermills' }]);
      const query = { cursor: undefined, limit: 10 };
      expect((await store.searchMessages(ada.id, { text: 'watermill', ...query })).items).toHaveLength(1);
      expect((await store.searchMessages(ada.id, { text: 'mill', ...query })).items).toMatchObject([
        { role: 'user' },
      ]);
      await store.setGeneratedTitle(ada.id, chatId, { defaultTitle, title: 'Later' });
      expect((await store.findChat(ada.id, chatId)).title).toBe('Watermills');
    });
  });
}
