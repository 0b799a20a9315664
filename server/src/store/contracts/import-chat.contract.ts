import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { ImportedChat, ImportedMessage } from '../transactions/import-chat.ts';
import { storeScenario } from './store-scenario.fixture.ts';
import type { MediaHarness } from './media.contract.ts';

const BYTES = Uint8Array.of(1, 2, 3);
const EMPTY: ImportedChat = {
  title: 'Mills',
  pinned: false,
  archived: false,
  settings: {},
  messages: [],
  images: [],
  attachments: [],
};
const SAID = { status: 'completed', model: null, finishReason: null, error: null, continues: false } as const;

/** What every store must do with imported chats. */
export function importStoreContract(name: string, start: () => Promise<MediaHarness>): void {
  describe(`imports: ${name}`, () => {
    const { get } = storeScenario(start);
    let store: Store;
    let ada: User;
    beforeEach(() => void ({ store, ada } = get()));

    function message(role: ImportedMessage['role'], parent: number | null, text: string): ImportedMessage {
      return { ...SAID, role, parent, parts: [{ type: 'text', text }] };
    }

    test('an import keeps the tree, the order and the outcomes, and assigns new ids', async () => {
      const error = { code: 'model_timeout', message: 'Too late.' };
      const messages: ImportedMessage[] = [
        message('user', null, 'Hi'),
        { ...message('assistant', 0, 'One'), status: 'failed', model: 'some-model', error },
        { ...message('assistant', 1, ', two'), continues: true },
        message('assistant', 0, 'Other'),
        message('user', null, 'Hi again'),
      ];
      const settings = { temperature: 1 };
      const chat = await store.importChat(ada.id, { ...EMPTY, pinned: true, settings, messages });
      expect(chat).toMatchObject({ title: 'Mills', pinned: true, archived: false, settings });
      expect(await store.findChat(ada.id, chat.id)).toEqual(chat);
      const { items } = await store.listMessages(ada.id, chat.id, { cursor: undefined, limit: 10 });
      const ids = items.map(({ id }) => id);
      expect(items.map(({ parentId }) => parentId)).toEqual([null, ids[0], ids[1], ids[0], null]);
      expect(items.map(({ continues }) => continues)).toEqual([null, null, ids[1], null, null]);
      expect(items.map(({ parts }) => parts)).toEqual(messages.map(({ parts }) => parts));
      expect(items[1]).toMatchObject({ status: 'failed', model: 'some-model', error, tokensUsed: null });
      expect(items.every(({ imported }) => imported === true)).toBe(true);
      expect(await store.checkLedger()).toEqual([]);
    });

    test('imported images are stored as long as the chat', async () => {
      const parts = [
        { type: 'media', mimeType: 'image/png', url: '/api/media/one', width: 1, height: 1 },
      ] as const;
      const images = [{ id: 'one', mimeType: 'image/png', bytes: BYTES }];
      const messages = [message('user', null, 'Hi'), { ...message('assistant', 0, ''), parts: [...parts] }];
      const chat = await store.importChat(ada.id, { ...EMPTY, messages, images });
      await store.removeUnusedMedia(0);
      expect(Uint8Array.from(await store.readMedia(ada.id, 'one'))).toEqual(BYTES);
      await store.deleteChat(ada.id, chat.id);
      await expect(store.readMedia(ada.id, 'one')).rejects.toMatchObject({ code: 'not_found' });
    });

    test('imported attachments are stored as sent, as long as the chat', async () => {
      const notes = {
        id: 'notes',
        kind: 'text',
        name: 'notes.md',
        mimeType: 'text/plain',
        width: null,
        height: null,
        bytes: BYTES,
      } as const;
      const messages = [message('user', null, 'Hi')];
      const chat = await store.importChat(ada.id, { ...EMPTY, messages, attachments: [notes] });
      await store.removeUnusedAttachments(Number.MAX_SAFE_INTEGER);
      await expect(store.removeAttachment(ada.id, 'notes')).rejects.toMatchObject({ code: 'not_found' });
      expect(await store.findMedia(ada.id, 'notes')).toMatchObject({ mimeType: 'text/plain', size: 3 });
      expect(Uint8Array.from(await store.readMedia(ada.id, 'notes'))).toEqual(BYTES);
      await store.deleteChat(ada.id, chat.id);
      await expect(store.readMedia(ada.id, 'notes')).rejects.toMatchObject({ code: 'not_found' });
    });

    test('an import is idempotent, and the chat counts', async () => {
      const idempotency = { key: 'once', fingerprint: 'this' };
      const chat = await store.importChat(ada.id, EMPTY, { idempotency, maxChats: 1 });
      expect(await store.importChat(ada.id, EMPTY, { idempotency, maxChats: 1 })).toEqual(chat);
      const other = { idempotency: { key: 'once', fingerprint: 'that' } };
      await expect(store.importChat(ada.id, EMPTY, other)).rejects.toMatchObject({
        code: 'idempotency_mismatch',
      });
      const archived = { ...EMPTY, archived: true };
      await expect(store.importChat(ada.id, archived, { maxChats: 1 })).rejects.toMatchObject({
        code: 'chat_limit',
      });
    });

    test('an import that fails leaves nothing behind', async () => {
      const images = [{ id: 'one', mimeType: 'image/png', bytes: null as unknown as Uint8Array }];
      const broken = { ...EMPTY, messages: [message('user', null, 'Hi')], images };
      await expect(store.importChat(ada.id, broken)).rejects.toThrow(TypeError);
      const page = await store.listChats(ada.id, { archived: false, cursor: undefined, limit: 10 });
      expect(page.items).toEqual([]);
    });
  });
}
