import { partOfAttachment } from '@millrace/protocol';
import type { Chat, MessagePart, User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { ShareRequest } from '../transactions/shares.ts';
import { endReply, identity, startReply } from './store.fixture.ts';
import { NOVEMBER, storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

const NOBODY = '01a1fc0e-6edd-74f3-941c-b65066f8e05b';
const isNotFound = { code: 'not_found' };
const BYTES = Uint8Array.of(1, 2, 3);

/** What every store must do with share links. */
export function shareStoreContract(name: string, start: () => Promise<StoreHarness>): void {
  describe(`share links: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let harness: StoreHarness;
    let store: Store;
    let ada: User;
    let bob: User;
    let chat: Chat;
    beforeEach(async () => {
      ({ harness, store, ada } = get());
      bob = await store.resolveUser(identity('bob'));
      chat = await store.createChat(ada.id, 'Mills');
    });

    /** Adds a question and its reply. */
    async function said(
      content: string,
      parts: MessagePart[],
      parentId?: string | null,
      attachments: string[] = [],
    ) {
      const generationId = nextId();
      const origin = { kind: 'send', chatId: chat.id, content, parentId, attachments } as const;
      const started = await startReply(store, { userId: ada.id, generationId, origin });
      for (const part of parts) {
        if (part.type !== 'media') continue;
        const id = part.url.slice('/api/media/'.length);
        await store.addMedia({ id, chatId: chat.id, generationId, mimeType: 'image/png', bytes: BYTES });
      }
      await endReply(store, generationId, { parts });
      return started.assistantMessage.id;
    }

    function image(id: string): MessagePart {
      return { type: 'media', mimeType: 'image/png', url: `/api/media/${id}`, width: 1, height: 1 };
    }

    function share(hash: string, request: Partial<ShareRequest> = {}, maxShares = 9) {
      const whole = { chatId: chat.id, messageId: undefined, hash, expiresAt: null, ...request };
      return store.createShare(ada.id, whole, maxShares);
    }

    const text = (words: string): MessagePart => ({ type: 'text', text: words });

    test('a snapshot contains neither later messages nor thoughts', async () => {
      await said('Hi', [{ type: 'thought', text: 'Hm.' }, text('Hello.')]);
      const made = await share('a');
      await said('And now?', [text('Later.')]);
      expect(made).toMatchObject({ chatId: chat.id, title: 'Mills', messageCount: 2, expiresAt: null });
      const createdAt = new Date(NOVEMBER).toISOString();
      expect(await store.findShare('a')).toEqual({
        title: 'Mills',
        createdAt,
        expiresAt: null,
        messages: [
          { role: 'user', status: 'completed', model: null, parts: [text('Hi')], createdAt },
          { role: 'assistant', status: 'completed', model: 'test-model', parts: [text('Hello.')], createdAt },
        ],
      });
      await expect(store.findShare('b')).rejects.toMatchObject(isNotFound);
    });

    test('a snapshot shows the newest branch, or the given one', async () => {
      const first = await said('Hi', [text('One.')], null);
      await said('Hi', [text('Two.')], null);
      await share('newest');
      await share('named', { messageId: first });
      expect(JSON.stringify(await store.findShare('newest'))).toContain('Two.');
      expect(JSON.stringify(await store.findShare('newest'))).not.toContain('One.');
      expect(JSON.stringify(await store.findShare('named'))).toContain('One.');
      expect(JSON.stringify(await store.findShare('named'))).not.toContain('Two.');
      await expect(share('else', { messageId: NOBODY })).rejects.toMatchObject(isNotFound);
    });

    test('a reply and its continuation are shown as one message, and a running reply is left out', async () => {
      const id = await said('Go', [text('One, ')]);
      const origin = { kind: 'continue', messageId: id } as const;
      const generationId = nextId();
      await startReply(store, { userId: ada.id, generationId, origin });
      await share('while it runs');
      await endReply(store, generationId, { status: 'stopped', parts: [text('two.')] });
      await share('ended');
      const [, running] = (await store.findShare('while it runs')).messages;
      expect(running).toMatchObject({ status: 'completed', parts: [text('One, ')] });
      const { messages } = await store.findShare('ended');
      expect(messages).toHaveLength(2);
      expect(messages[1]).toMatchObject({ status: 'stopped', parts: [text('One, '), text('two.')] });
    });

    test('an empty chat has nothing to share', async () => {
      await expect(share('a')).rejects.toMatchObject({ code: 'invalid_request' });
    });

    test('only the owner of a chat creates, lists and revokes its links', async () => {
      await said('Hi', [text('Hello.')]);
      const { id } = await share('a');
      const request = { chatId: chat.id, messageId: undefined, hash: 'b', expiresAt: null };
      await expect(store.createShare(bob.id, request, 9)).rejects.toMatchObject(isNotFound);
      await expect(store.listShares(bob.id, chat.id)).rejects.toMatchObject(isNotFound);
      expect(await store.listShares(bob.id)).toEqual([]);
      await expect(store.revokeShare(bob.id, chat.id, id)).rejects.toMatchObject(isNotFound);
      const other = await store.createChat(ada.id, null);
      await expect(store.revokeShare(ada.id, other.id, id)).rejects.toMatchObject(isNotFound);
      expect(await store.findShare('a')).toBeTruthy();
      await store.revokeShare(ada.id, chat.id, id);
      await expect(store.findShare('a')).rejects.toMatchObject(isNotFound);
      await expect(store.revokeShare(ada.id, chat.id, id)).rejects.toMatchObject(isNotFound);
      expect(await store.listShares(ada.id)).toEqual([]);
    });

    test('links are listed newest first, for one chat or all, and their number is limited', async () => {
      await said('Hi', [text('Hello.')]);
      const [one, two] = [await share('a'), await share('b')];
      const [mills] = [chat];
      chat = await store.createChat(ada.id, 'Other');
      await said('Hi', [text('Hello.')]);
      const three = await share('c', {}, 3);
      expect(await store.listShares(ada.id)).toEqual([three, two, one]);
      expect(await store.listShares(ada.id, mills.id)).toEqual([two, one]);
      await expect(share('d', {}, 3)).rejects.toMatchObject({ code: 'forbidden' });
    });

    test('a link gives access to the images in its snapshot, and to no others of the chat', async () => {
      const first = await said('Paint', [image('one')], null);
      await said('Paint', [image('two')], null);
      await share('a', { messageId: first });
      expect(await store.findSharedMedia('a', 'one')).toMatchObject({ mimeType: 'image/png', size: 3 });
      expect(Uint8Array.from(await store.readSharedMedia('a', 'one'))).toEqual(BYTES);
      for (const [hash, id] of [
        ['a', 'two'],
        ['b', 'one'],
      ] as const) {
        await expect(store.findSharedMedia(hash, id)).rejects.toMatchObject(isNotFound);
        await expect(store.readSharedMedia(hash, id)).rejects.toMatchObject(isNotFound);
      }
    });

    test('a link gives access to the files in its snapshot, and to no others of the chat', async () => {
      const attached = async (name: string) => {
        const format = { kind: 'text', mimeType: 'text/plain', width: null, height: null } as const;
        return store.addAttachment(ada.id, { ...format, name, chatId: chat.id, bytes: BYTES }, 9);
      };
      const [notes, other] = [await attached('notes.md'), await attached('other.md')];
      const first = await said('Read', [text('One.')], null, [notes.id]);
      await said('Read', [text('Two.')], null, [other.id]);
      await share('a', { messageId: first });
      expect((await store.findShare('a')).messages[0]?.parts[0]).toEqual(partOfAttachment(notes));
      expect(await store.findSharedMedia('a', notes.id)).toMatchObject({ mimeType: 'text/plain', size: 3 });
      expect(Uint8Array.from(await store.readSharedMedia('a', notes.id))).toEqual(BYTES);
      await expect(store.findSharedMedia('a', other.id)).rejects.toMatchObject(isNotFound);
      await store.deleteChat(ada.id, chat.id);
      await expect(store.readSharedMedia('a', notes.id)).rejects.toMatchObject(isNotFound);
    });

    test('an expired link and its images can’t be read, and are removed', async () => {
      await said('Paint', [image('one')]);
      await share('a', { expiresAt: NOVEMBER + 10 });
      await share('b');
      harness.setNow(NOVEMBER + 9);
      expect(await store.findShare('a')).toMatchObject({ expiresAt: '2026-11-21T00:00:00.010Z' });
      harness.setNow(NOVEMBER + 10);
      await expect(store.findShare('a')).rejects.toMatchObject(isNotFound);
      await expect(store.findSharedMedia('a', 'one')).rejects.toMatchObject(isNotFound);
      expect(await store.listShares(ada.id)).toHaveLength(1);
      await store.removeExpiredShares();
      harness.setNow(NOVEMBER);
      await expect(store.findShare('a')).rejects.toMatchObject(isNotFound);
      expect(await store.findShare('b')).toBeTruthy();
    });

    test('a link stops working when its chat is deleted', async () => {
      await said('Paint', [image('one')]);
      await share('a');
      await store.deleteChat(ada.id, chat.id);
      await expect(store.findShare('a')).rejects.toMatchObject(isNotFound);
      await expect(store.readSharedMedia('a', 'one')).rejects.toMatchObject(isNotFound);
      expect(await store.listShares(ada.id)).toEqual([]);
    });

    test('a link is deleted with its user, and a guest who signs up keeps it', async () => {
      const guest = await store.resolveUser(identity('guest', { kind: 'guest' }));
      [ada, chat] = [guest, await store.createChat(guest.id, 'Hers')];
      await said('Paint', [image('one')]);
      const made = await share('a');
      await store.adoptGuest(identity('guest', { kind: 'guest' }), identity('bob'));
      expect(await store.findShare('a')).toMatchObject({ title: 'Hers' });
      expect(await store.listShares(bob.id)).toEqual([made]);
      const administrator = await store.resolveUser({ ...identity('root'), role: 'admin' });
      await store.deleteUser(administrator.id, bob.id);
      await expect(store.findShare('a')).rejects.toMatchObject(isNotFound);
      await expect(store.readSharedMedia('a', 'one')).rejects.toMatchObject(isNotFound);
    });
  });
}
