import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../ports/clock.ts';
import type { MediaStore, NewMedia } from '../ports/media-store.ts';
import { StorageError } from './errors.ts';
import { ImageKeeper } from './image-keeper.ts';

const IMAGE = { mimeType: 'image/png', bytes: Uint8Array.of(1, 2), width: 3, height: 4 };
const REPLY = { chatId: 'chat', generationId: 'generation' };

let time: number;
let added: NewMedia[];
/** What the store refuses next. */
let refusals: Error[];
let end: AbortController;
let keeper: ImageKeeper;
beforeEach(() => {
  time = 0;
  added = [];
  refusals = [];
  end = new AbortController();
  const clock: Clock = {
    now: () => time,
    monotonic: () => time,
    async sleep(milliseconds, signal) {
      signal.throwIfAborted();
      time += milliseconds;
    },
  };
  const store = {
    async addMedia(media: NewMedia) {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      added.push(media);
    },
  } as MediaStore;
  const ids = { uuid: () => '', generationId: () => '', mediaId: () => 'random' };
  keeper = new ImageKeeper({ store, ids, clock }, REPLY, end.signal);
});

test('an image is kept under a random address, which is known before', async () => {
  const { media, kept } = keeper.keep(IMAGE);
  expect(media).toEqual({ mimeType: 'image/png', url: '/api/media/random', width: 3, height: 4 });
  await kept;
  expect(added).toEqual([{ id: 'random', ...REPLY, mimeType: 'image/png', bytes: IMAGE.bytes }]);
});

test('storage in trouble for a moment is asked again', async () => {
  refusals = [new StorageError('locked'), new StorageError('locked')];
  await keeper.keep(IMAGE).kept;
  expect(added).toHaveLength(1);
});

test('storage in trouble for long is an error, and so is what is no trouble of storage', async () => {
  const full = new StorageError('full');
  refusals = Array.from({ length: 1000 }, () => full);
  await expect(keeper.keep(IMAGE).kept).rejects.toBe(full);
  expect(time).toBe(2000);
  refusals = [new RangeError('a defect')];
  await expect(keeper.keep(IMAGE).kept).rejects.toThrow('a defect');
});

test('a reply that shall end does not wait for storage', async () => {
  const locked = new StorageError('locked');
  refusals = [locked, locked];
  end.abort();
  await expect(keeper.keep(IMAGE).kept).rejects.toBe(locked);
  expect(time).toBe(0);
});
