import type { Attachment, User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { StartedGeneration } from '../transactions/start-generation.ts';
import { NOVEMBER, storeScenario } from './store-scenario.fixture.ts';
import type { MediaHarness } from './media.contract.ts';
import { planWith, startReply, RESERVATION, userNamed } from './store.fixture.ts';

const BYTES = Uint8Array.from({ length: 300 }, (_item, index) => index);
const UNKNOWN = 'AAAAAAAAAAAAAAAAAAAAAA';
const MANY = 100;
const isNotFound = { code: 'not_found' };

/** What every store must do with attached files. */
export function attachmentStoreContract(name: string, start: () => Promise<MediaHarness>): void {
  describe(`attachments: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let harness: MediaHarness;
    let store: Store;
    let ada: User;
    let bob: User;
    let chatId: string;
    beforeEach(async () => {
      ({ harness, store, ada } = get());
      bob = await userNamed(store, 'bob');
      chatId = (await store.createChat(ada.id, null)).id;
    });

    function addImage(to: string | null, { user = ada, bytes = BYTES } = {}): Promise<Attachment> {
      const image = { kind: 'image', name: 'cat.png', mimeType: 'image/png', width: 4, height: 3 } as const;
      return store.addAttachment(user.id, { ...image, chatId: to, bytes }, MANY);
    }

    function addText(to: string | null, text: string): Promise<Attachment> {
      const file = { kind: 'text', name: 'notes.md', mimeType: 'text/plain' } as const;
      const size = { width: null, height: null };
      const bytes = new TextEncoder().encode(text);
      return store.addAttachment(ada.id, { ...file, ...size, chatId: to, bytes }, MANY);
    }

    function ask(
      attachments: readonly Attachment[],
      { content = 'Look', to = chatId, user = ada, acceptsImages = true } = {},
    ): Promise<StartedGeneration> {
      const ids = attachments.map(({ id }) => id);
      return startReply(store, {
        userId: user.id,
        generationId: nextId(),
        origin: { kind: 'send', chatId: to, content, attachments: ids, parentId: undefined },
        planFor: () => ({ ...planWith(() => RESERVATION)(), acceptsImages }),
      });
    }

    test('a file keeps its description and its bytes', async () => {
      const image = await addImage(chatId);
      expect(image).toEqual({
        id: expect.stringMatching(/^[\w-]{22}$/),
        kind: 'image',
        name: 'cat.png',
        mimeType: 'image/png',
        size: 300,
        url: `/api/media/${image.id}`,
        width: 4,
        height: 3,
      });
      expect(await store.findMedia(ada.id, image.id)).toMatchObject({ mimeType: 'image/png', size: 300 });
      expect(Uint8Array.from(await store.readMedia(ada.id, image.id))).toEqual(BYTES);
    });

    test('a message contains its files before its text, and the prompt contains their contents', async () => {
      const [image, notes] = [await addImage(chatId), await addText(chatId, 'water 🌊')];
      const started = await ask([notes, image]);
      expect(started.userMessage?.parts).toEqual([
        { type: 'file', name: 'notes.md', mimeType: 'text/plain', size: 10, url: notes.url },
        { type: 'media', name: 'cat.png', mimeType: 'image/png', url: image.url, width: 4, height: 3 },
        { type: 'text', text: 'Look' },
      ]);
      expect(started.files.get(notes.url)).toEqual({ kind: 'text', text: 'water 🌊' });
      const sent = started.files.get(image.url);
      expect(sent).toMatchObject({ kind: 'image', mimeType: 'image/png', width: 4, height: 3 });
      expect(sent?.kind === 'image' && Uint8Array.from(sent.bytes)).toEqual(BYTES);
      expect(started.omittedFileCount).toBe(0);
    });

    test('a message may consist of a file only, whose name becomes the title of the chat', async () => {
      const started = await ask([await addImage(null)], { content: ' ' });
      expect(started.userMessage?.parts.map(({ type }) => type)).toEqual(['media']);
      expect(await store.findChat(ada.id, chatId)).toMatchObject({ title: 'cat.png' });
    });

    test('a file without a chat belongs to the chat that it is first sent to', async () => {
      const image = await addImage(null);
      await ask([image]);
      const other = await store.createChat(ada.id, null);
      await expect(ask([image], { to: other.id })).rejects.toMatchObject(isNotFound);
      // An edited message keeps its files.
      expect((await ask([image])).files.size).toBe(1);
    });

    test('users can’t find, send or remove the files of others', async () => {
      const theirChat = (await store.createChat(bob.id, null)).id;
      for (const image of [await addImage(chatId), await addImage(null)]) {
        await expect(store.findMedia(bob.id, image.id)).rejects.toMatchObject(isNotFound);
        await expect(ask([image], { to: theirChat, user: bob })).rejects.toMatchObject(isNotFound);
        await expect(store.removeAttachment(bob.id, image.id)).rejects.toMatchObject(isNotFound);
        expect(await store.findMedia(ada.id, image.id)).toMatchObject({ size: 300 });
      }
      await expect(addImage(chatId, { user: bob })).rejects.toMatchObject(isNotFound);
      await expect(ask([{ id: UNKNOWN } as Attachment])).rejects.toMatchObject(isNotFound);
      expect((await store.listMessages(ada.id, chatId, { cursor: undefined, limit: 9 })).items).toEqual([]);
    });

    test('only a file that was not sent can be removed', async () => {
      const [sent, waiting] = [await addImage(chatId), await addText(null, 'x')];
      await ask([sent]);
      await store.removeAttachment(ada.id, waiting.id);
      await expect(store.findMedia(ada.id, waiting.id)).rejects.toMatchObject(isNotFound);
      await expect(store.removeAttachment(ada.id, sent.id)).rejects.toMatchObject(isNotFound);
      expect(await harness.storedBytes()).toBe(300);
    });

    test('the number of unsent files is limited, and a sent file no longer counts', async () => {
      const add = (bytes = BYTES) =>
        store.addAttachment(
          ada.id,
          { kind: 'image', name: 'x', mimeType: 'image/png', width: 1, height: 1, chatId, bytes },
          2,
        );
      const [one] = [await add(), await add()];
      await expect(add()).rejects.toMatchObject({ code: 'attachment_limit', status: 403 });
      await ask([one]);
      await add();
    });

    test('old unsent files are removed, and sent ones stay', async () => {
      const sent = await addImage(chatId, { bytes: BYTES.subarray(0, 10) });
      await addImage(null);
      await ask([sent]);
      harness.setNow(NOVEMBER + 1);
      const newer = await addText(null, 'later');
      await store.removeUnusedAttachments(NOVEMBER + 1);
      expect(await harness.storedBytes()).toBe(15);
      expect(await store.findMedia(ada.id, sent.id)).toMatchObject({ size: 10 });
      expect(await store.findMedia(ada.id, newer.id)).toMatchObject({ size: 5 });
    });

    test('the same bytes are stored once for all users and replies', async () => {
      const { chatId: ofReply, generationId } = await ask([await addImage(chatId)]);
      await addImage(null, { user: bob });
      await store.addMedia({
        id: 'painted',
        chatId: ofReply,
        generationId,
        mimeType: 'image/png',
        bytes: BYTES,
      });
      expect(await harness.storedBytes()).toBe(300);
    });

    test('files are deleted with their user, except bytes that another user has', async () => {
      await addImage(null, { user: bob });
      await addImage((await store.createChat(bob.id, null)).id, { user: bob, bytes: BYTES.subarray(0, 9) });
      const own = await addImage(chatId);
      await store.deleteUser(ada.id, bob.id);
      expect(await harness.storedBytes()).toBe(300);
      expect(await store.findMedia(ada.id, own.id)).toMatchObject({ size: 300 });
    });

    test('files are not found once their chat is deleted', async () => {
      const image = await addImage(chatId);
      await ask([image]);
      await store.deleteChat(ada.id, chatId);
      await expect(store.findMedia(ada.id, image.id)).rejects.toMatchObject(isNotFound);
    });

    test('a guest who signs up keeps their files', async () => {
      const guest = await userNamed(store, 'guest', 'guest');
      const image = await addImage(null, { user: guest });
      const identity = { issuer: 'local', name: '', email: null };
      await store.adoptGuest(
        { ...identity, subject: 'guest', kind: 'guest' },
        { ...identity, subject: 'bob', kind: 'password' },
      );
      expect(await store.findMedia(bob.id, image.id)).toMatchObject({ size: 300 });
    });

    test('a question with an image is refused for a model without images, and earlier images are omitted', async () => {
      const image = await addImage(chatId);
      await expect(ask([image], { acceptsImages: false })).rejects.toMatchObject({
        code: 'images_unsupported',
      });
      await ask([image]);
      const next = await ask([], { acceptsImages: false });
      expect(next).toMatchObject({ omittedFileCount: 1 });
      expect(next.files.size).toBe(0);
    });
  });
}
