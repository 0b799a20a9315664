import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { storeScenario, textsOf, USAGE } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

/** What every store must do with the start and the end of generations. */
export function generationsContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`generations: ${name}`, () => {
    const { get, send, settle, spent } = storeScenario(start);
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ store, ada } = get()));

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
      expect(textsOf(items).filter((text) => text !== '')).toEqual([
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
      expect(textsOf(last.context)).toEqual(['a2', 'q3', 'a3', 'q4 again']);
    });

    test('regenerating adds a second reply to the same question', async () => {
      const chat = await store.createChat(ada.id, null);
      const first = await send(chat.id, 'question');
      const again = await send(chat.id, '', {
        origin: { kind: 'regenerate', messageId: first.assistantMessage.id },
      });
      expect(again.userMessage).toBeNull();
      expect(again.assistantMessage.parentId).toBe(first.userMessage?.id);
      expect(textsOf(again.context)).toEqual(['question']);
    });

    test('a refused reservation leaves nothing behind', async () => {
      const chat = await store.createChat(ada.id, null);
      const refused = send(chat.id, 'too expensive', {
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

    test('a continuation follows the reply that it continues', async () => {
      const chat = await store.createChat(ada.id, null);
      const first = await send(chat.id, 'question');
      const { message } = await settle(first.generationId, { status: 'interrupted' });
      const next = await send(chat.id, '', { origin: { kind: 'continue', messageId: message.id } });
      expect(next.assistantMessage).toMatchObject({ parentId: message.id, continues: message.id });
      expect(textsOf(next.context)).toEqual(['question', 'answer']);
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
}
