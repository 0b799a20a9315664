import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import { node, storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

/** What every store must do with the leases of nodes. */
export function nodesContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`nodes: ${name}`, () => {
    const { get, send, settle, spent } = storeScenario(start);
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ store, ada } = get()));

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
      expect((await store.listMessages(ada.id, chat.id, { limit: 10, cursor: undefined })).items).toEqual([]);
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
}
