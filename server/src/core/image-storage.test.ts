import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../store/store.ts';
import type { NewMedia } from '../store/transactions/media.ts';
import { StorageError } from './errors.ts';
import { ImageStorage } from './image-storage.ts';

const IMAGE = { mimeType: 'image/png', bytes: Uint8Array.of(1, 2), width: 3, height: 4 };
const REPLY = { chatId: 'chat', generationId: 'generation' };

let time: number;
let added: NewMedia[];
/** Errors that the next writes throw. */
let failures: Error[];
let abort: AbortController;
let images: ImageStorage;
beforeEach(() => {
  time = 0;
  added = [];
  failures = [];
  abort = new AbortController();
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
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      added.push(media);
    },
  } as Store;
  const ids = { uuid: () => '', generationId: () => '', mediaId: () => 'random' };
  images = new ImageStorage({ store, ids, clock }, REPLY, abort.signal);
});

test('an image is stored under a random address, which is known before it is stored', async () => {
  const { media, stored } = images.save(IMAGE);
  expect(media).toEqual({ mimeType: 'image/png', url: '/api/media/random', width: 3, height: 4 });
  await stored;
  expect(added).toEqual([{ id: 'random', ...REPLY, mimeType: 'image/png', bytes: IMAGE.bytes }]);
});

test('a write that fails for a moment is retried', async () => {
  failures = [new StorageError('locked'), new StorageError('locked')];
  await images.save(IMAGE).stored;
  expect(added).toHaveLength(1);
});

test('a write that keeps failing is an error, and another error is not retried', async () => {
  const full = new StorageError('full');
  failures = Array.from({ length: 1000 }, () => full);
  await expect(images.save(IMAGE).stored).rejects.toBe(full);
  expect(time).toBe(2000);
  failures = [new RangeError('a defect')];
  await expect(images.save(IMAGE).stored).rejects.toThrow('a defect');
});

test('an aborted reply does not wait for retries', async () => {
  const locked = new StorageError('locked');
  failures = [locked, locked];
  abort.abort();
  await expect(images.save(IMAGE).stored).rejects.toBe(locked);
  expect(time).toBe(0);
});
