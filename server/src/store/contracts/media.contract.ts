import type { User } from '@millrace/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';
import type { StartedGeneration } from '../transactions/start-generation.ts';
import { endReply, startReply, userNamed } from './store.fixture.ts';
import { NOVEMBER, storeScenario } from './store-scenario.fixture.ts';
import type { StoreHarness } from './store-scenario.fixture.ts';

/** A store whose size can be measured. */
export interface MediaHarness extends StoreHarness {
  /** The total size of the stored contents. */
  storedBytes(): Promise<number>;
}

const BYTES = Uint8Array.from({ length: 300 }, (_item, index) => index);
const SHA256 = '7728ae2f2c36e2aaafbe79ca14c87ae2f89e7c88c4390ecbbf82dce88706958d';
const NOBODY = '01a1fc0e-6edd-74f3-941c-b65066f8e05b';

/** What every store must do with images. */
export function mediaStoreContract(name: string, start: () => Promise<MediaHarness>): void {
  describe(`media: ${name}`, () => {
    const { get, nextId } = storeScenario(start);
    let harness: MediaHarness;
    let store: Store;
    let ada: User;
    let reply: StartedGeneration;
    beforeEach(async () => {
      ({ harness, store, ada } = get());
      reply = await newReply(ada);
    });

    async function newReply(user: User): Promise<StartedGeneration> {
      const { id: chatId } = await store.createChat(user.id, null);
      return startReply(store, {
        userId: user.id,
        generationId: nextId(),
        origin: { kind: 'send', chatId, content: 'Draw', parentId: undefined },
      });
    }

    function add(id: string, to = reply, bytes = BYTES): Promise<void> {
      const { chatId, generationId } = to;
      return store.addMedia({ id, chatId, generationId, mimeType: 'image/png', bytes });
    }

    function end({ generationId }: StartedGeneration, named: readonly string[]) {
      const parts = named.map((id) => ({
        type: 'media' as const,
        mimeType: 'image/png',
        url: `/api/media/${id}`,
        width: 1,
        height: 1,
      }));
      return endReply(store, generationId, { parts });
    }

    const isNotFound = { code: 'not_found' };

    test('an image is returned with its type, size, hash and bytes', async () => {
      await add('one');
      expect(await store.findMedia(ada.id, 'one')).toEqual({
        mimeType: 'image/png',
        size: 300,
        hash: SHA256,
      });
      expect(Uint8Array.from(await store.readMedia(ada.id, 'one'))).toEqual(BYTES);
    });

    test('the same bytes are stored once and returned for each use', async () => {
      await add('one');
      await add('two', await newReply(ada));
      await add('other', reply, BYTES.subarray(0, 100));
      expect(await harness.storedBytes()).toBe(400);
      expect(await store.findMedia(ada.id, 'two')).toEqual(await store.findMedia(ada.id, 'one'));
    });

    test('a part of a larger buffer is stored as that part', async () => {
      await add('part', reply, BYTES.subarray(7, 12));
      expect([...(await store.readMedia(ada.id, 'part'))]).toEqual([7, 8, 9, 10, 11]);
    });

    test('adding the same id again changes nothing', async () => {
      await add('one');
      await add('one');
      expect(await store.findMedia(ada.id, 'one')).toMatchObject({ hash: SHA256 });
      expect(await harness.storedBytes()).toBe(300);
    });

    test('only the owner of the chat can read an image, until the chat is deleted', async () => {
      await add('one');
      const bob = await userNamed(store, 'bob');
      for (const userId of [bob.id, NOBODY]) {
        await expect(store.findMedia(userId, 'one')).rejects.toMatchObject(isNotFound);
        await expect(store.readMedia(userId, 'one')).rejects.toMatchObject(isNotFound);
      }
      await expect(store.findMedia(ada.id, 'unknown')).rejects.toMatchObject(isNotFound);
      await store.deleteChat(ada.id, reply.chatId);
      await expect(store.findMedia(ada.id, 'one')).rejects.toMatchObject(isNotFound);
      await expect(store.readMedia(ada.id, 'one')).rejects.toMatchObject(isNotFound);
    });

    test('a guest who signs up keeps their images', async () => {
      const guest = await userNamed(store, 'guest', 'guest');
      await add('one', await newReply(guest));
      const identity = { issuer: 'local', name: '', email: null };
      await store.adoptGuest(
        { ...identity, subject: 'guest', kind: 'guest' },
        { ...identity, subject: 'bob', kind: 'password' },
      );
      const bob = await userNamed(store, 'bob');
      expect(await store.findMedia(bob.id, 'one')).toMatchObject({ size: 300 });
      expect(await harness.storedBytes()).toBe(300);
    });

    test('images are deleted with their user, except bytes that another chat uses', async () => {
      const bob = await userNamed(store, 'bob');
      const theirs = await newReply(bob);
      await add('shared', theirs);
      await add('alone', theirs, BYTES.subarray(0, 100));
      await add('one');
      await end(theirs, ['shared', 'alone']);
      await store.deleteUser(ada.id, bob.id);
      await expect(store.findMedia(bob.id, 'shared')).rejects.toMatchObject(isNotFound);
      expect(await harness.storedBytes()).toBe(300);
      expect(await store.findMedia(ada.id, 'one')).toMatchObject({ size: 300 });
    });

    test('images are deleted with a removed guest', async () => {
      const guest = await userNamed(store, 'guest', 'guest');
      await add('one', await newReply(guest));
      await store.removeGuests(NOVEMBER + 1);
      expect(await harness.storedBytes()).toBe(0);
    });

    test('recent images that the message of an ended reply doesn’t contain are removed', async () => {
      harness.setNow(NOVEMBER - 1);
      await add('long ago', reply, BYTES.subarray(0, 1));
      harness.setNow(NOVEMBER);
      await add('named', reply, BYTES.subarray(0, 20));
      await add('left behind');
      const running = await newReply(ada);
      await add('to be named', running, BYTES.subarray(0, 4));
      await end(reply, ['named']);
      await store.removeUnusedMedia(NOVEMBER);
      await expect(store.findMedia(ada.id, 'left behind')).rejects.toMatchObject(isNotFound);
      expect(await harness.storedBytes()).toBe(25);
    });
  });
}
