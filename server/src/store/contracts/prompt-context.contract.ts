import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { messagesToSummarize } from '../../core/summaries.ts';
import type { Store } from '../store.ts';
import type { ReplyPlan } from '../transactions/begin-generation.ts';
import type { Settlement } from '../transactions/settle-generation.ts';
import type { StartGeneration, StartedGeneration } from '../transactions/start-generation.ts';
import { endReply, RESERVATION, planWith, startReply, userNamed } from './store.fixture.ts';
import { NOVEMBER, storeScenario, textsOf, USAGE } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

const KEY = 'what both have in common';
const WANTED = { questionKey: KEY, since: NOVEMBER - 1000 };
const WINDOW = 4;

/** What every store must do with the reply cache, provider data and summaries. */
export function contextContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`prompt context and reply cache: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    let chatId: string;
    beforeEach(async () => {
      ({ harness, store, ada } = get());
      chatId = (await store.createChat(ada.id, null)).id;
    });

    async function ask(
      content: string,
      { reserve = () => RESERVATION, cache = WANTED, ...changes }: Partial<StartGeneration & ReplyPlan> = {},
    ): Promise<StartedGeneration> {
      return startReply(store, {
        userId: ada.id,
        generationId: nextId(),
        usesSummaries: true,
        contextMessages: WINDOW,
        origin: { kind: 'send', chatId, content, parentId: undefined },
        planFor: planWith(reserve, cache),
        ...changes,
      });
    }

    function end({ generationId }: StartedGeneration, text: string, changes: Partial<Settlement> = {}) {
      const parts: Settlement['parts'] = [{ type: 'text', text }];
      return endReply(store, generationId, { parts, model: 'answering-model', ...changes });
    }

    async function newChat(userId = ada.id): Promise<StartGeneration['origin']> {
      const chat = await store.createChat(userId, null);
      return { kind: 'send', chatId: chat.id, content: 'What is it?', parentId: undefined };
    }

    describe('the reply cache', () => {
      test('repeats the reply to the same first question, for any user, without a reservation', async () => {
        await end(await ask('What is it?'), 'A wheel.');
        const bea = await userNamed(store, 'bea');
        const origin = await newChat(bea.id);
        const again = await ask('', {
          userId: bea.id,
          origin,
          reserve: () => {
            throw new Error('nothing is to be reserved');
          },
        });
        expect(again.cached).toMatchObject({
          model: 'answering-model',
          parts: [{ type: 'text', text: 'A wheel.' }],
        });
        expect(again.assistantMessage.cached).toBe(true);
        expect(again.reservation).toMatchObject({ tokens: 0, costMicros: 0 });
        const { generation, message } = await end(again, 'A wheel.');
        expect(generation).toMatchObject({ cached: true, tokensUsed: 0, costMicros: 0 });
        expect(message.cached).toBe(true);
        expect((await store.findGenerationContext(again.generationId)).assistantMessage.cached).toBe(true);
        expect((await store.findAccount(bea.id)).balance.used).toEqual({ tokens: 0, costMicros: 0 });
        expect(await store.checkLedger()).toEqual([]);
      });

      test('is not used when it is disabled, for another key, or for an old reply', async () => {
        await end(await ask('What is it?'), 'A wheel.');
        expect((await ask('', { cache: null, origin: await newChat() })).cached).toBeNull();
        const other = { questionKey: 'another', since: 0 };
        expect((await ask('', { cache: other, origin: await newChat() })).cached).toBeNull();
        const recent = { questionKey: KEY, since: NOVEMBER + 1 };
        expect((await ask('', { cache: recent, origin: await newChat() })).cached).toBeNull();
      });

      test.each([
        ['stopped', { status: 'stopped' }],
        ['failed', { status: 'failed' }],
        ['cut at its longest length', { finishReason: 'length' }],
        [
          'with an image of its chat',
          { parts: [{ type: 'media', mimeType: 'image/png', url: '/x', width: 1, height: 1 }] },
        ],
      ] as [string, Partial<Settlement>][])(
        'is asked again when its reply was %s',
        async (_what, changes) => {
          await end(await ask('What is it?'), 'A whe', changes);
          expect((await ask('', { origin: await newChat() })).cached).toBeNull();
        },
      );

      test('is not used for replies that are running or whose chat is deleted', async () => {
        const first = await ask('What is it?');
        expect((await ask('', { origin: await newChat() })).cached).toBeNull();
        await end(first, 'A wheel.');
        await store.deleteChat(ada.id, chatId);
        expect((await ask('', { origin: await newChat() })).cached).toBeNull();
      });

      test('is not used for a later question or a regenerated reply', async () => {
        const first = await ask('What is it?');
        await end(first, 'A wheel.');
        expect((await ask('What is it?')).cached).toBeNull();
        const origin = { kind: 'regenerate', messageId: first.assistantMessage.id } as const;
        expect((await ask('', { origin })).cached).toBeNull();
      });

      test('uses the newest complete reply that was not itself repeated', async () => {
        await end(await ask('What is it?'), 'A wheel.');
        harness.setNow(NOVEMBER + 10);
        await end(await ask('', { origin: await newChat(), cache: null }), 'Not to be reused.');
        harness.setNow(NOVEMBER + 500);
        await end(await ask('', { origin: await newChat() }), 'A wheel.');
        const late = { questionKey: KEY, since: NOVEMBER + 100 };
        expect((await ask('', { origin: await newChat(), cache: late })).cached).toBeNull();
      });
    });

    describe('provider data', () => {
      const OF_MODEL = { provider: 'gemini', model: 'test-model' };
      const PLACED = [
        { ...OF_MODEL, at: 0, text: 'A wh', data: { text: 'A wh', thoughtSignature: 'one 水' } },
        { ...OF_MODEL, at: 8, text: '', data: { thoughtSignature: 'two', text: '' } },
      ];

      test('is in later prompts, by its message and unchanged', async () => {
        const first = await ask('What is it?');
        await end(first, 'A wheel.', { providerData: PLACED });
        const second = await ask('Why?');
        expect([...second.providerData]).toEqual([[first.assistantMessage.id, PLACED]]);
        const stored = second.providerData.get(first.assistantMessage.id)?.[1]?.data ?? {};
        expect(Object.keys(stored)).toEqual(['thoughtSignature', 'text']);
        const origin = { kind: 'regenerate', messageId: first.assistantMessage.id } as const;
        expect([...(await ask('', { origin })).providerData]).toEqual([]);
      });

      test('is shown to no reader', async () => {
        const first = await ask('What is it?');
        const settled = await end(first, 'A wheel.', { providerData: PLACED });
        const second = await ask('Why?');
        const { items } = await store.listMessages(ada.id, chatId, { cursor: undefined, limit: 10 });
        const shown = [
          items,
          settled,
          second.userMessage,
          second.context,
          await store.findReply(ada.id, first.generationId),
          await store.findGeneration(ada.id, first.generationId),
        ];
        expect(JSON.stringify(shown)).not.toContain('thoughtSignature');
      });
    });

    describe('a summary', () => {
      /** Asks the given number of questions and settles their replies. */
      async function exchange(...questions: string[]): Promise<StartedGeneration> {
        let last: StartedGeneration | undefined;
        for (const question of questions) {
          last = await ask(question);
          await end(last, `${question}!`);
        }
        if (last === undefined) throw new Error('nothing was asked');
        return last;
      }

      function summarize({ assistantMessage }: StartedGeneration, changes: object = {}) {
        return store.startSummary({
          userId: ada.id,
          generationId: nextId(),
          nodeId: 'node-1',
          enforcesGlobalLimit: false,
          messageId: assistantMessage.id,
          pathMessages: WINDOW * 4,
          countToSummarize: (path) => messagesToSummarize(path, WINDOW),
          planFor: planWith(() => RESERVATION),
          ...changes,
        });
      }

      async function summarized(last: StartedGeneration, text: string): Promise<StartedGeneration> {
        const summary = await summarize(last);
        if (summary === null) throw new Error('no summary was begun');
        await end(summary, text);
        return summary;
      }

      test('covers the start of a path, and the context of the next question follows it', async () => {
        const last = await exchange('one', 'two');
        const summary = await summarized(last, 'They counted to one.');
        expect(textsOf(summary.context)).toEqual(['one', 'one!']);
        expect(summary.assistantMessage).toMatchObject({
          role: 'system',
          parentId: summary.context.at(-1)?.id,
        });
        const next = await ask('three');
        expect(next.summary).toBe('They counted to one.');
        expect(textsOf(next.context)).toEqual(['two', 'two!', 'three']);
      });

      test('is extended by the next summary', async () => {
        await summarized(await exchange('one', 'two'), 'One.');
        const later = await summarized(await exchange('three'), 'One and two.');
        expect(later.summary).toBe('One.');
        expect(textsOf(later.context)).toEqual(['two', 'two!']);
        const next = await ask('four');
        expect(next.summary).toBe('One and two.');
        expect(textsOf(next.context)).toEqual(['three', 'three!', 'four']);
      });

      test('is not started when everything fits into the context, or while another one is running', async () => {
        expect(await summarize(await exchange('one'))).toBeNull();
        const last = await exchange('two');
        expect(await summarize(last)).not.toBeNull();
        expect(await summarize(last)).toBeNull();
      });

      test('is used only when enabled, once it is completed, and on its own branch', async () => {
        const last = await exchange('one', 'two');
        const summary = await summarize(last);
        expect((await ask('three')).summary).toBeNull();
        if (summary !== null) await end(summary, 'One.');
        expect((await ask('three', { usesSummaries: false })).summary).toBeNull();
        const elsewhere = { kind: 'send', chatId, content: 'other', parentId: null } as const;
        expect((await ask('', { origin: elsewhere })).summary).toBeNull();
      });

      test('that failed is not used, and another one can be started', async () => {
        const last = await exchange('one', 'two');
        const summary = await summarize(last);
        if (summary !== null) await end(summary, 'On', { status: 'failed' });
        expect((await ask('three')).summary).toBeNull();
        expect(await summarize(last)).not.toBeNull();
      });

      test('is charged for its own usage', async () => {
        const summary = await summarize(await exchange('one', 'two'));
        expect((await store.findAccount(ada.id)).balance.reserved).toEqual({ tokens: 100, costMicros: 50 });
        if (summary !== null) await end(summary, 'One.', { usage: USAGE, costMicros: 7 });
        expect((await store.findAccount(ada.id)).balance).toMatchObject({
          used: { tokens: 30, costMicros: 7 },
          reserved: { tokens: 0, costMicros: 0 },
        });
        const { items } = await store.listMessages(ada.id, chatId, { cursor: undefined, limit: 50 });
        expect(items.find(({ role }) => role === 'system')).toMatchObject({ tokensUsed: 30, costMicros: 7 });
        expect(await store.checkLedger()).toEqual([]);
      });

      test('is not a reply: it doesn’t count as running, and can’t be answered or regenerated', async () => {
        const last = await exchange('one', 'two');
        const summary = await summarize(last);
        const next = await ask('three', { maxConcurrentReplies: 1 });
        expect(next.assistantMessage.parentId).toBe(next.userMessage?.id);
        expect(next.userMessage?.parentId).toBe(last.assistantMessage.id);
        const messageId = summary?.assistantMessage.id ?? '';
        const answer = { kind: 'send', chatId, content: 'x', parentId: messageId } as const;
        await expect(ask('', { origin: answer })).rejects.toMatchObject({ code: 'invalid_request' });
        const again = { kind: 'regenerate', messageId } as const;
        await expect(ask('', { origin: again })).rejects.toMatchObject({ code: 'invalid_request' });
      });

      test('is not started for another user’s chat or without budget', async () => {
        const last = await exchange('one', 'two');
        const bea = await userNamed(store, 'bea');
        await expect(summarize(last, { userId: bea.id })).rejects.toMatchObject({ code: 'not_found' });
        const refusal = new Error('nothing left');
        const reserve = () => {
          throw refusal;
        };
        await expect(summarize(last, { planFor: planWith(reserve) })).rejects.toBe(refusal);
        expect(await store.listUnfinishedGenerations('node-1')).toHaveLength(2);
      });
    });
  });
}
